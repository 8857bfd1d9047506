/** One job as a row of the `job` table, and as BullMQ's `JobJson`. */
import type { JobJson, JobsOptions } from 'bullmq';
import { StoreError } from '../errors.ts';
import type { Row } from '../sqlite/database.ts';

/** `wait` holds priority 0, `prioritized` the rest; BullMQ counts them apart. */
export type RowState = (typeof states)[number];
const states = ['wait', 'prioritized', 'delayed', 'active', 'completed', 'failed'] as const;

export interface JobRow {
  readonly id: string;
  readonly state: RowState;
  readonly priority: number;
  readonly opts: JobsOptions;
  readonly lockToken: string | undefined;
  readonly schedulerId: string | undefined;
  readonly dedupId: string | undefined;
  readonly returnValue: string | undefined;
  readonly failedReason: string | undefined;
  readonly json: JobJson;
}

export function jobRow(row: Row): JobRow {
  const opts = parseOptions(text(row.opts) ?? '{}');
  const failedReason = text(row.failed_reason);
  const stacktrace = text(row.stacktrace);
  const [finishedOn, processedOn] = [number(row.finished_ms), number(row.processed_ms)];
  const [schedulerId, dedupId] = [text(row.scheduler_id), text(row.dedup_id)];
  const [deferredFailure, processedBy] = [text(row.deferred_failure), text(row.processed_by)];
  const json: JobJson = {
    id: String(row.id),
    name: String(row.name),
    data: String(row.data),
    opts,
    progress: parseProgress(text(row.progress)),
    attemptsMade: number(row.attempts_made) ?? 0,
    attemptsStarted: number(row.attempts_started) ?? 0,
    timestamp: number(row.added_ms) ?? 0,
    delay: number(row.delay_ms) ?? 0,
    priority: number(row.priority) ?? 0,
    failedReason: failedReason ?? '',
    returnvalue: text(row.return_value) ?? 'null',
    stalledCounter: number(row.stalled) ?? 0,
    ...(finishedOn === undefined ? {} : { finishedOn }),
    ...(processedOn === undefined ? {} : { processedOn }),
    ...(stacktrace === undefined ? {} : { stacktrace }),
    ...(schedulerId === undefined ? {} : { repeatJobKey: schedulerId }),
    ...(dedupId === undefined ? {} : { deduplicationId: dedupId }),
    ...(deferredFailure === undefined ? {} : { deferredFailure }),
    ...(processedBy === undefined ? {} : { processedBy }),
  };
  return {
    id: json.id,
    state: rowState(row.state),
    priority: json.priority ?? 0,
    opts,
    lockToken: text(row.lock_token),
    schedulerId,
    dedupId,
    returnValue: text(row.return_value),
    failedReason,
    json,
  };
}

function rowState(value: unknown): RowState {
  const state = states.find((known) => known === value);
  if (state === undefined) throw new StoreError('STORE_UNUSABLE', 'a stored job is damaged');
  return state;
}

function parseOptions(stored: string): JobsOptions {
  const value: unknown = JSON.parse(stored);
  return typeof value === 'object' && value !== null ? value : {};
}

function parseProgress(stored: string | undefined): JobJson['progress'] {
  const value: unknown = JSON.parse(stored ?? '0');
  return typeof value === 'object' && value !== null ? value : typeof value === 'string' ? value : Number(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
