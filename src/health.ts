import { statfs } from 'node:fs/promises';
import type { Hold } from './approval/hold.ts';
import type { HealthCheck } from './web/ports.ts';

/** Evidence is written before anything runs, so a full disk stops every agent. */
const warnFreeBytes = 2 * 1024 ** 3;
const failFreeBytes = 100 * 1024 ** 2;

export interface HealthSources {
  readonly stateDirectory: string;
  readonly hasMail: boolean;
  readonly channelCount: number;
  readonly lastUnreachable: () => Hold | undefined;
  readonly sessionCount: () => number;
  readonly policyFile: string;
  readonly policyHash: () => string;
  readonly refusedPolicy: () => readonly string[];
}

/** What the health page shows: what would stop agents or reviewers, and what to do about it. */
export async function healthOf(sources: HealthSources): Promise<readonly HealthCheck[]> {
  const refused = sources.refusedPolicy();
  const unreached = sources.lastUnreachable();
  return [
    await diskCheck(sources.stateDirectory),
    refused.length === 0
      ? {
          name: 'Policy',
          state: 'ok',
          detail: `${sources.policyFile} (${sources.policyHash().slice(0, 12)}) is in force`,
        }
      : {
          name: 'Policy',
          state: 'warn',
          detail: `the changed file was refused and the one before stays in force: ${refused.join('; ')}`,
        },
    sources.hasMail || sources.channelCount > 0
      ? unreached === undefined
        ? { name: 'Mail and channels', state: 'ok', detail: 'of every hold so far somebody was told or is being told' }
        : {
            name: 'Mail and channels',
            state: 'fail',
            detail: `nobody could be told of ${unreached.id}; check smtp and notify with sallyport doctor`,
          }
      : {
          name: 'Mail and channels',
          state: 'warn',
          detail: 'neither smtp nor notify in the configuration: reviewers only see what waits if they look here',
        },
    { name: 'Sessions', state: 'ok', detail: `${sources.sessionCount()} open` },
  ];
}

async function diskCheck(directory: string): Promise<HealthCheck> {
  const { bavail, bsize } = await statfs(directory);
  const freeBytes = bavail * bsize;
  const state = freeBytes < failFreeBytes ? 'fail' : freeBytes < warnFreeBytes ? 'warn' : 'ok';
  const advice = state === 'ok' ? '' : '; when it is full nothing runs: make room, or move old recordings away';
  return { name: 'Disk', state, detail: `${(freeBytes / 1024 ** 3).toFixed(1)} GiB free for evidence${advice}` };
}
