/**
 * Sessions and their recordings.
 *
 * INVARIANT: a recording is served only through the session it belongs to, and only after the audit log says who watched.
 */
import type { Context, Hono } from 'hono';
import type { ConsoleParts, Guard, Visitor } from './guard.tsx';
import { playerPolicy } from './headers.ts';
import { type ListTerms, pageOf, readListQuery } from './list-query.ts';
import { ReplayView, SessionList, SessionView, stateOf } from './views/evidence.tsx';

const listTerms = {
  sorts: ['newest', 'agent', 'commands', 'length'],
  filters: ['all', 'open', 'ended', 'held', 'denied'],
} satisfies ListTerms<'newest' | 'agent' | 'commands' | 'length'>;
/** As many as are kept at hand. */
const maxListed = 2_000;

export function addEvidencePages(app: Hono, { options, guard }: ConsoleParts & { readonly guard: Guard }): void {
  const { sessions } = options;

  const missing = (c: Context, visitor: Visitor, what: string) =>
    guard.say(c, 404, visitor, {
      tone: 'plain',
      heading: `There is no such ${what}`,
      lines: [
        'It may be older than what this console keeps. The log on the bastion has everything: sallyport session list.',
      ],
    });

  app.get(
    '/sessions',
    guard.page('see-evidence', async (c, visitor) => {
      const agent = c.req.query('agent') ?? '';
      const query = readListQuery(c, listTerms);
      const { sessions: all } = await sessions.list({ agent: undefined, limit: maxListed, cursor: undefined });
      const fitting = all.filter((session) => {
        if (agent !== '' && session.agent !== agent) return false;
        if (query.filter === 'held' && session.held === 0) return false;
        if (query.filter === 'denied' && session.denied === 0) return false;
        if (query.filter === 'open' && stateOf(session) !== 'open') return false;
        if (query.filter === 'ended' && stateOf(session) === 'open') return false;
        return [session.agent, session.remote, ...session.targets].join('\n').toLowerCase().includes(query.words);
      });
      const list = pageOf(fitting, query, {
        newest: ({ openedAtMs }) => -openedAtMs,
        agent: (session) => session.agent,
        commands: ({ commands }) => -commands,
        length: ({ openedAtMs, closedAtMs }) => (closedAtMs === undefined ? undefined : openedAtMs - closedAtMs),
      });
      const agents = options.agents().map(({ name }) => name);
      const terms = { list, query, agent, agents, hasAny: all.length > 0 };
      return guard.show(c, visitor, { title: 'Sessions', current: '/sessions' }, <SessionList {...terms} />);
    }),
  );

  app.get(
    '/sessions/:id',
    guard.page('see-evidence', async (c, visitor) => {
      const found = await sessions.get(c.req.param('id') ?? '');
      if (found === undefined) return missing(c, visitor, 'session');
      const frame = { title: `Session of ${found.session.agent}`, current: '/sessions' };
      return guard.show(c, visitor, frame, <SessionView {...found} />);
    }),
  );

  /** The action of this session whose recording was asked for. */
  async function recorded(c: Context) {
    const found = await sessions.get(c.req.param('id') ?? '');
    const name = c.req.query('recording') ?? '';
    const action = found?.actions.find(
      (candidate) => candidate.recording !== undefined && candidate.recording === name,
    );
    return found === undefined || action === undefined ? undefined : { session: found.session, action, name };
  }

  app.get(
    '/sessions/:id/replay',
    guard.page('see-evidence', async (c, visitor) => {
      const found = await recorded(c);
      if (found === undefined) return missing(c, visitor, 'recording');
      c.header('Content-Security-Policy', playerPolicy);
      const frame = {
        title: 'Replay',
        current: '/sessions',
        styles: ['asciinema-player.css'],
        scripts: ['review.js', 'console.js', 'asciinema-player.min.js', 'replay.js'],
      };
      return guard.show(c, visitor, frame, <ReplayView {...found} />);
    }),
  );

  app.get(
    '/sessions/:id/cast',
    guard.page('see-evidence', async (c, visitor) => {
      const found = await recorded(c);
      const cast = found === undefined ? undefined : await sessions.recording(found.session.id, found.name);
      if (found === undefined || cast === undefined) return missing(c, visitor, 'recording');
      await options.audit.append({ event: 'recording.viewed', recording: found.name, by: visitor.reviewer.name });
      c.header('Content-Type', 'application/x-asciicast');
      c.header('Content-Disposition', 'attachment; filename="recording.cast"');
      return c.body(cast instanceof Uint8Array ? Uint8Array.from(cast) : cast);
    }),
  );
}
