/**
 * What a tool opens of which nothing secret is told: disks whose settings are shown, certificates, files that are counted.
 *
 * Refuses: other devices, because some act when they are only opened (a watchdog restarts the machine when it is closed
 * again, a tape rewinds), under names nobody can list; and what leads to them through what another process has open.
 */
import type { PathObject } from '../model.ts';
import { meet, wildcard } from './place.ts';
import { plainDevice } from './sensitive.ts';

/** Names of disks, also as a glob, and of the directories that hold no other devices. */
const disk =
  /^\/dev\/(?:(?:[shv]d|xvd|nvme|mmcblk|md|dm-|loop|sr|sg|nbd|zd|zram|ram|a?da|nvd)[\w*?[\]-]*|cdrom|(?:mapper|disk|md|block|zvol)\/.*|[\w.-]*vg[\w.-]*\/[\w.*?-]+)$/;
const ofProcess = /^\/proc\/[^/]+\/(?:root|cwd|fd|map_files|task)(?:\/|$)/;

/** HOSTILE: the home of sys is /dev, and that of some accounts of the system is /. */
export const homeOfDevices = /^~(?:sys(?![\w.-])|\w.*\/(?:dev|proc)(?![\w.-]))/;

/** `isTree`: everything below the directory may be meant. */
export function mayActWhenOpened({ path, pattern, isPrefix }: PathObject, isTree: boolean): boolean {
  const text = pattern ?? path;
  if (isPrefix && pattern === undefined && path !== '' && '/dev/'.startsWith(path)) return true;
  const [, first = '', ...rest] = text.split('/');
  if (isTree && (text === '/' || (rest.length === 0 && isDev(first)))) return true;
  if (rest.length === 0) return false;
  if (!isDev(first)) return ofProcess.test(text);
  return !disk.test(text) && !plainDevice.test(text);
}

const isDev = (name: string): boolean => name === 'dev' || (wildcard.test(name) && meet(name, 'dev'));
