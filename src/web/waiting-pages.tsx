/**
 * What waits, and what became of what did. The newest come page by page from the store; a search or another order looks
 * through the newest thousand and says when there are more.
 */
import type { Hono } from 'hono';
import type { HoldDesk } from '../approval/desk.ts';
import type { Hold, HoldState } from '../approval/hold.ts';
import { holdStates } from './api-schema.ts';
import type { ConsoleParts, Guard } from './guard.tsx';
import { type ListTerms, pageOf, pageSize, readListQuery } from './list-query.ts';
import { may } from './roles.ts';
import { WaitingList } from './views/waiting.tsx';

const listTerms = {
  sorts: ['newest', 'ends', 'agent', 'target'],
  filters: ['all'],
} satisfies ListTerms<'newest' | 'ends' | 'agent' | 'target'>;
/** As many as a request reads of a store in which there may be any number. */
const maxSearched = 1_000;
const searchStep = 200;

const isState = (text: string): text is HoldState => holdStates.some((state) => state === text);

export function addWaitingPages(app: Hono, { options, guard }: ConsoleParts & { readonly guard: Guard }): void {
  const { desk } = options;

  app.get(
    '/waiting',
    guard.page('see-holds', async (c, visitor) => {
      const wanted = c.req.query('state') ?? 'pending';
      const state: HoldState | 'all' = wanted === 'all' || isState(wanted) ? wanted : 'pending';
      const stored = state === 'all' ? undefined : state;
      const query = readListQuery(c, listTerms);
      const frame = { state, query, nowMs: options.clock(), mayDecide: may(visitor.reviewer, 'decide') };
      const show = (list: Pick<Parameters<typeof WaitingList>[0], 'holds' | 'nextPage' | 'list' | 'searched'>) =>
        guard.show(c, visitor, { title: 'Waiting', current: '/waiting' }, <WaitingList {...frame} {...list} />);

      if (query.words === '' && query.sort === 'newest' && !query.isDown) {
        const cursor = c.req.query('cursor');
        const { holds, next } = await desk.list({ state: stored, agent: undefined, limit: pageSize, cursor });
        const nextPage = next === undefined ? undefined : `/waiting?state=${state}&cursor=${encodeURIComponent(next)}`;
        return show({ holds, nextPage, list: undefined, searched: undefined });
      }
      const { holds, hasMore } = await newest(desk, stored);
      const fitting = holds.filter(({ action, rule, decisions }) => {
        const people = decisions.map(({ reviewer }) => reviewer);
        const texts = [action.agent, `${action.account}@${action.target}`, action.command, rule ?? '', ...people];
        return texts.join('\n').toLowerCase().includes(query.words);
      });
      const list = pageOf(fitting, query, {
        newest: ({ createdAtMs }) => -createdAtMs,
        ends: ({ expiresAtMs }) => expiresAtMs,
        agent: ({ action }) => action.agent,
        target: ({ action }) => action.target,
      });
      const searched = hasMore ? holds.length : undefined;
      return show({ holds: list.items, nextPage: undefined, list, searched });
    }),
  );
}

async function newest(desk: HoldDesk, state: HoldState | undefined) {
  const holds: Hold[] = [];
  let cursor: string | undefined;
  do {
    const page = await desk.list({ state, agent: undefined, limit: searchStep, cursor });
    holds.push(...page.holds);
    cursor = page.next;
  } while (cursor !== undefined && holds.length < maxSearched);
  return { holds, hasMore: cursor !== undefined };
}
