/** The console's list of live scopes. Revoking is a POST with the nonce of the page and takes effect at once. */
import type { Hono } from 'hono';
import type { ConsoleParts, Guard } from './guard.tsx';
import { type ListTerms, pageOf, readListQuery } from './list-query.ts';
import { may } from './roles.ts';
import { ScopeList } from './views/scope.tsx';

const listTerms = {
  sorts: ['newest', 'ends', 'agent', 'uses'],
  filters: ['all', 'session', 'time', 'pattern'],
} satisfies ListTerms<'newest' | 'ends' | 'agent' | 'uses'>;

export function addScopePages(app: Hono, { options, guard }: ConsoleParts & { readonly guard: Guard }): void {
  const desk = options.scopes;
  app.get(
    '/scopes',
    guard.page('see-holds', async (c, visitor) => {
      const scopes = (await desk?.live()) ?? [];
      const query = readListQuery(c, listTerms);
      const fitting = scopes.filter(({ kind, agent, target, account, command, pattern, createdBy }) => {
        const texts = [agent, `${account}@${target}`, command, pattern?.text ?? '', ...createdBy];
        return (
          (query.filter === 'all' || kind === query.filter) && texts.join('\n').toLowerCase().includes(query.words)
        );
      });
      const list = pageOf(fitting, query, {
        newest: ({ createdAtMs }) => -createdAtMs,
        ends: ({ expiresAtMs }) => expiresAtMs,
        agent: ({ agent }) => agent,
        uses: ({ uses }) => -uses,
      });
      const isOffered = may(visitor.reviewer, 'decide');
      const nonces = new Map(
        isOffered ? list.items.map(({ id }) => [id, guard.nonce(visitor, ['revoke', id])] as const) : [],
      );
      const terms = { list, query, hasAny: scopes.length > 0, nowMs: options.clock(), nonces };
      return guard.show(c, visitor, { title: 'Scopes', current: '/scopes' }, <ScopeList {...terms} />);
    }),
  );
  app.get('/scopes/:id/revoke', (c) => c.redirect('/scopes', 303));
  app.post(
    '/scopes/:id/revoke',
    guard.form(
      'decide',
      (c) => ['revoke', c.req.param('id') ?? ''],
      async (c, visitor) => {
        const id = c.req.param('id') ?? '';
        const isRevoked = (await desk?.revoke(id, visitor.reviewer.name)) === true;
        const lines = isRevoked
          ? ['Nothing more starts under it; the next command is held. What runs already runs on.']
          : ['It had ended or was revoked before.'];
        const heading = isRevoked ? `${id} is revoked` : `${id} is over`;
        return guard.say(c, isRevoked ? 200 : 410, visitor, { tone: isRevoked ? 'good' : 'wait', heading, lines });
      },
    ),
  );
}
