/** The sessions that are open now, on whichever node, and the button that ends one. */
import type { Hono } from 'hono';
import type { ConsoleParts, Guard } from './guard.tsx';
import { type ListTerms, pageOf, readListQuery } from './list-query.ts';
import { may } from './roles.ts';
import { LiveList } from './views/live.tsx';

const listTerms = {
  sorts: ['newest', 'agent', 'node'],
  filters: ['all', 'busy', 'idle'],
} satisfies ListTerms<'newest' | 'agent' | 'node'>;

export function addLivePages(app: Hono, { options, guard }: ConsoleParts & { readonly guard: Guard }): void {
  const { live } = options;
  if (live === undefined) return;

  app.get(
    '/live',
    guard.page('see-setup', async (c, visitor) => {
      const sessions = await live.list();
      const query = readListQuery(c, listTerms);
      const fitting = sessions.filter(({ agent, username, remote, node, isBusy }) => {
        const isShown = query.filter === 'all' || isBusy === (query.filter === 'busy');
        return isShown && [agent, username, remote, node].join('\n').toLowerCase().includes(query.words);
      });
      const list = pageOf(fitting, query, {
        newest: ({ openedAtMs }) => -openedAtMs,
        agent: ({ agent }) => agent,
        node: ({ node }) => node,
      });
      const mayEnd = may(visitor.reviewer, 'manage-agents');
      const nonces = new Map(
        mayEnd ? list.items.map(({ id }) => [id, guard.nonce(visitor, ['end', id])] as const) : [],
      );
      const maySeeEvidence = may(visitor.reviewer, 'see-evidence');
      const terms = { list, query, hasAny: sessions.length > 0, nonces, maySeeEvidence };
      return guard.show(c, visitor, { title: 'Open sessions', current: '/live' }, <LiveList {...terms} />);
    }),
  );

  app.post(
    '/live/:id/end',
    guard.form(
      'manage-agents',
      (c) => ['end', c.req.param('id') ?? ''],
      async (c, visitor) => {
        const isThere = await live.end(c.req.param('id') ?? '', visitor.reviewer.name);
        if (isThere) return c.redirect('/live', 303);
        const lines = ['It ended before you asked. Nothing else was done.'];
        return guard.say(c, 404, visitor, { tone: 'plain', heading: 'This session is over', lines });
      },
    ),
  );
}
