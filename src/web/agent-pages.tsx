/**
 * Agents: who they are, when they were last here, and what an admin may do about them. Each change is a form with a nonce
 * for exactly that agent, written to the audit log before the configuration.
 */
import type { Context, Hono } from 'hono';
import { agentStates, agentsNow } from './agent-state.ts';
import type { ConsoleParts, Guard, Visitor } from './guard.tsx';
import { type ListTerms, pageOf, readListQuery } from './list-query.ts';
import { may } from './roles.ts';
import { AgentList } from './views/agents.tsx';

const listTerms = {
  sorts: ['name', 'owner', 'seen', 'expiry'],
  filters: ['all', ...agentStates],
} satisfies ListTerms<'name' | 'owner' | 'seen' | 'expiry'>;
/** Longer, and nobody remembers why. */
const maxExpiryMs = 366 * 86_400_000;

export function addAgentPages(app: Hono, { options, guard }: ConsoleParts & { readonly guard: Guard }): void {
  app.get(
    '/agents',
    guard.page('see-setup', (c, visitor) => {
      const nowMs = options.clock();
      const query = readListQuery(c, listTerms);
      const agents = agentsNow(options, nowMs);
      const fitting = agents.filter(
        ({ agent, state }) =>
          (query.filter === 'all' || state === query.filter) &&
          `${agent.name}\n${agent.owner}\n${Object.keys(agent.targets).join('\n')}`.toLowerCase().includes(query.words),
      );
      const list = pageOf(fitting, query, {
        name: ({ agent }) => agent.name,
        owner: ({ agent }) => agent.owner,
        seen: ({ seenAtMs }) => seenAtMs,
        expiry: ({ agent }) => agent.expiresAtMs,
      });
      const mayManage = may(visitor.reviewer, 'manage-agents');
      const nonce = (verb: string, isPossible: boolean) => (agent: string) =>
        mayManage && isPossible ? guard.nonce(visitor, [verb, agent]) : undefined;
      const nonces = {
        disable: nonce('disable', options.disableAgent !== undefined),
        enable: nonce('enable', options.changeAgent !== undefined),
        unlock: nonce('unlock', options.locks !== undefined),
        expiry: nonce('expiry', options.changeAgent !== undefined),
      };
      const terms = { list, query, nowMs, nonces, hasAny: agents.length > 0 };
      return guard.show(c, visitor, { title: 'Agents', current: '/agents' }, <AgentList {...terms} />);
    }),
  );

  const isKnown = (name: string) => options.agents().some((agent) => agent.name === name);

  const nothing = (c: Context, visitor: Visitor, line: string) =>
    guard.say(c, 400, visitor, { tone: 'bad', heading: 'Nothing was done', lines: [line] });

  /** Changes the configuration, or says how to do it on the bastion. */
  async function change(
    c: Context,
    visitor: Visitor,
    what: { write: () => Promise<void>; not: string; byHand: string },
  ) {
    try {
      await what.write();
      return undefined;
    } catch (error) {
      options.onFailure?.({ path: c.req.path, error });
      const lines = [`The configuration could not be changed from here. On the bastion: ${what.byHand}`];
      return guard.say(c, 500, visitor, { tone: 'bad', heading: what.not, lines });
    }
  }

  /** A deed that needs no more than a tick; undefined where this bastion cannot do it. */
  const deed = (verb: string, act: ((name: string, c: Context, visitor: Visitor) => Promise<Response>) | undefined) =>
    app.post(
      `/agents/:name/${verb}`,
      guard.form(
        'manage-agents',
        (c) => [verb, c.req.param('name') ?? ''],
        (c, visitor, form) => {
          const name = c.req.param('name') ?? '';
          return !isKnown(name) || act === undefined || form.get('sure') !== 'yes'
            ? nothing(c, visitor, 'Tick the box to say that you mean it.')
            : act(name, c, visitor);
        },
      ),
    );

  const { disableAgent, changeAgent, locks } = options;

  deed(
    'disable',
    disableAgent &&
      (async (name, c, visitor) => {
        const failed = await change(c, visitor, {
          write: () => disableAgent(name, visitor.reviewer.name),
          not: `${name} is not disabled`,
          byHand: `sallyport agent disable ${name}`,
        });
        if (failed !== undefined) return failed;
        const lines = ['Its sessions end within a second, and its keys are refused from now on.'];
        return guard.say(c, 200, visitor, { tone: 'good', heading: `${name} is disabled`, lines });
      }),
  );

  deed(
    'enable',
    changeAgent &&
      (async (name, c, visitor) => {
        const failed = await change(c, visitor, {
          write: () => changeAgent(name, { kind: 'enable' }, visitor.reviewer.name),
          not: `${name} is not enabled`,
          byHand: `sallyport agent enable ${name}`,
        });
        if (failed !== undefined) return failed;
        const lines = ['Its keys are accepted again within a second, until it expires.'];
        return guard.say(c, 200, visitor, { tone: 'good', heading: `${name} is enabled`, lines });
      }),
  );

  deed(
    'unlock',
    locks &&
      (async (name, c, visitor) => {
        const wasLocked = await locks.unlock(name, visitor.reviewer.name);
        const lines = [
          wasLocked
            ? 'Its commands are judged again, on every node within a second. What was rejected stays rejected.'
            : 'Nobody had locked it, or somebody was faster.',
        ];
        return guard.say(c, 200, visitor, { tone: 'good', heading: `${name} is not locked`, lines });
      }),
  );

  app.post(
    '/agents/:name/expiry',
    guard.form(
      'manage-agents',
      (c) => ['expiry', c.req.param('name') ?? ''],
      async (c, visitor, form) => {
        const name = c.req.param('name') ?? '';
        const date = form.get('date') ?? '';
        const atMs = /^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(date) : Number.NaN;
        const nowMs = options.clock();
        const extend = options.changeAgent;
        if (!isKnown(name) || extend === undefined || !(atMs > nowMs && atMs <= nowMs + maxExpiryMs))
          return nothing(c, visitor, 'Choose a day to come, within a year.');
        const failed = await change(c, visitor, {
          write: () => extend(name, { kind: 'expiry', date }, visitor.reviewer.name),
          not: `${name} ends as before`,
          byHand: `set expires: ${date} of ${name} in the configuration`,
        });
        if (failed !== undefined) return failed;
        const lines = [`Its keys are refused from ${date} on (UTC).`];
        return guard.say(c, 200, visitor, { tone: 'good', heading: `${name} ends on ${date}`, lines });
      },
    ),
  );
}
