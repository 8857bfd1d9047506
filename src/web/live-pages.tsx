/** The sessions that are open now, on whichever node, and the button that ends one. */
import type { Hono } from 'hono';
import type { ConsoleParts, Guard } from './guard.tsx';
import { may } from './roles.ts';
import { LiveList } from './views/live.tsx';

export function addLivePages(app: Hono, { options, guard }: ConsoleParts & { readonly guard: Guard }): void {
  const { live } = options;
  if (live === undefined) return;

  app.get(
    '/live',
    guard.page('see-setup', async (c, visitor) => {
      const sessions = await live.list();
      const mayEnd = may(visitor.reviewer, 'manage-agents');
      const nonces = new Map(mayEnd ? sessions.map(({ id }) => [id, guard.nonce(visitor, ['end', id])] as const) : []);
      const terms = { sessions, nonces, maySeeEvidence: may(visitor.reviewer, 'see-evidence') };
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
