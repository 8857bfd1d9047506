/** How holds and list positions are written down, the same in every store. */
import type { Hold } from '../approval/hold.ts';
import { StoreError } from './errors.ts';

/** A page a browser can show; more is another page. */
const maxPageSize = 500;

export function pageSize(wanted: number): number {
  return Number.isInteger(wanted) ? Math.min(Math.max(wanted, 1), maxPageSize) : 50;
}

export function encodeHold(hold: Hold): string {
  return JSON.stringify(hold);
}

/** Reads what `encodeHold` wrote; a field that was undefined is missing, which reads the same. */
export function parseHold(body: string): Hold {
  const value: unknown = JSON.parse(body);
  if (!isHold(value)) throw new StoreError('STORE_UNUSABLE', 'a stored hold is damaged');
  return value;
}

function isHold(value: unknown): value is Hold {
  if (typeof value !== 'object' || value === null) return false;
  const hold: Partial<Record<keyof Hold, unknown>> = value;
  return (
    typeof hold.id === 'string' &&
    typeof hold.digest === 'string' &&
    typeof hold.version === 'number' &&
    typeof hold.state === 'string' &&
    typeof hold.action === 'object' &&
    Array.isArray(hold.decisions)
  );
}

export interface ListPosition {
  readonly createdAtMs: number;
  readonly id: string;
}

export function encodeCursor(hold: Hold | undefined): string | undefined {
  return hold === undefined ? undefined : `${hold.createdAtMs}.${hold.id}`;
}

/** HOSTILE: comes from a query string; anything that is not a position is the first page. */
export function decodeCursor(cursor: string | undefined): ListPosition | undefined {
  const match = /^(\d{1,15})\.([\w-]{1,64})$/.exec(cursor ?? '');
  return match === null ? undefined : { createdAtMs: Number(match[1]), id: match[2] ?? '' };
}
