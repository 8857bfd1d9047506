/** How holds and list positions are written down, the same in every store. */
import type { Hold } from '../approval/hold.ts';
import type { Scope } from '../approval/scope.ts';
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

/** Reads a stored scope; property order survives, so that writing it again gives the same bytes. */
export function parseScope(body: string): Scope {
  const value: unknown = JSON.parse(body);
  if (!isScope(value)) throw new StoreError('STORE_UNUSABLE', 'a stored scope is damaged');
  return value;
}

function isScope(value: unknown): value is Scope {
  if (typeof value !== 'object' || value === null) return false;
  const scope: Partial<Record<keyof Scope, unknown>> = value;
  return (
    typeof scope.id === 'string' &&
    typeof scope.digest === 'string' &&
    typeof scope.kind === 'string' &&
    typeof scope.agent === 'string' &&
    typeof scope.expiresAtMs === 'number' &&
    typeof scope.version === 'number'
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
