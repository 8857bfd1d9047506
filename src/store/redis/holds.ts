/**
 * Holds in Redis or Valkey, for several nodes.
 *
 * INVARIANT: a hold changes only inside `replaceHold`, which compares version and state and writes in one step.
 */
import type { HoldQuery } from '../../approval/desk.ts';
import type { Hold, HoldState } from '../../approval/hold.ts';
import { deadlineMs } from '../../approval/state.ts';
import type { HoldCaps, HoldStore } from '../../approval/store.ts';
import { StoreError } from '../errors.ts';
import { decodeCursor, encodeCursor, encodeHold, pageSize, parseHold } from '../record.ts';
import { prefix, type RedisConnection } from './connection.ts';
import {
  countHolds,
  dueHolds,
  forgetHolds,
  insertHold,
  pageOfHolds,
  replaceHold,
  settledHolds,
} from './hold-scripts.ts';

export class RedisHoldStore implements HoldStore {
  readonly #redis: RedisConnection;

  constructor(redis: RedisConnection) {
    this.#redis = redis;
  }

  async insert(hold: Hold, caps: HoldCaps): Promise<'inserted' | 'duplicate' | 'full'> {
    const { id, version, state, digest, createdAtMs } = hold;
    const deadline = deadlineMs(hold) ?? '';
    const values = [id, version, state, digest, hold.action.agent, createdAtMs, deadline, encodeHold(hold)];
    const limits = [caps.maxPending, caps.maxOpened, caps.sinceMs];
    const reply = await this.#redis.runDurably(insertHold, [prefix], [...values, ...limits]);
    return reply === 1 ? 'inserted' : reply === 2 ? 'full' : 'duplicate';
  }

  async get(id: string): Promise<Hold | undefined> {
    const body = await this.#redis.get(`${prefix}:hold:${id}`, 'body');
    return body === undefined ? undefined : parseHold(body);
  }

  async settledOf(ids: readonly string[]): Promise<readonly string[]> {
    if (ids.length === 0) return [];
    const reply = await this.#redis.run(settledHolds, [prefix], ids);
    return Array.isArray(reply) ? reply.map(String) : [];
  }

  async replace(before: Hold, after: Hold): Promise<boolean> {
    const deadline = deadlineMs(after) ?? '';
    const values = [before.id, before.version, before.state, after.version, after.state, deadline, encodeHold(after)];
    return (await this.#redis.runDurably(replaceHold, [prefix], values)) === 1;
  }

  async findOpen(digest: string): Promise<readonly Hold[]> {
    return holdsOf(await this.#redis.run(pageOfHolds, [prefix, `${prefix}:open:${digest}`], [100, '', '']));
  }

  async list(query: HoldQuery): Promise<{ readonly holds: readonly Hold[]; readonly next: string | undefined }> {
    const { state, agent } = query;
    const inState = state === undefined ? '' : `:state:${state}`;
    const set = agent === undefined ? (state === undefined ? ':newest' : inState) : `:agent:${agent}${inState}`;
    const limit = pageSize(query.limit);
    const cursor = decodeCursor(query.cursor);
    const values = [limit + 1, cursor?.createdAtMs ?? '', cursor?.id ?? ''];
    const holds = holdsOf(await this.#redis.run(pageOfHolds, [prefix, prefix + set], values));
    const page = holds.slice(0, limit);
    return { holds: page, next: holds.length > limit ? encodeCursor(page.at(-1)) : undefined };
  }

  async due(nowMs: number, limit: number): Promise<readonly Hold[]> {
    return holdsOf(await this.#redis.run(dueHolds, [prefix], [nowMs, limit]));
  }

  async forget(beforeMs: number, limit: number): Promise<number> {
    const final: readonly HoldState[] = ['rejected', 'expired', 'withdrawn', 'released'];
    return Number(await this.#redis.run(forgetHolds, [prefix], [beforeMs, limit, ...final]));
  }

  async count(agent: string, sinceMs: number): Promise<{ readonly pending: number; readonly opened: number }> {
    const reply = await this.#redis.run(countHolds, [prefix], [agent, sinceMs]);
    const [pending, opened] = Array.isArray(reply) ? reply : [];
    return { pending: Number(pending ?? 0), opened: Number(opened ?? 0) };
  }
}

function holdsOf(reply: unknown): readonly Hold[] {
  if (!Array.isArray(reply)) throw new StoreError('STORE_UNUSABLE', 'Redis answers nonsense');
  return reply.map((body) => parseHold(String(body)));
}
