/**
 * The policy in force: its text, what was in force before, what it says to a command, and whether a proposed text would be
 * accepted. Nothing here changes the policy: that is a file under review, and asking is not deciding.
 */
import type { Context, Hono } from 'hono';
import { explain } from './explain.ts';
import type { ConsoleParts, Guard, Visitor } from './guard.tsx';
import { RateLimit } from './rate.ts';
import { may } from './roles.ts';
import { type Asked, PolicyView, type Proposal } from './views/policy.tsx';

/** Longer commands are refused by the gate too. */
const maxCommandLength = 65_536;
/** Reading a policy runs all its examples. */
const askTerms = { burst: 20, perMinute: 30 };

export function addPolicyPages(app: Hono, { options, guard }: ConsoleParts & { readonly guard: Guard }): void {
  const asks = new RateLimit(askTerms, options.clock);

  function show(c: Context, visitor: Visitor, more: { readonly asked?: Asked; readonly proposal?: Proposal } = {}) {
    const terms = {
      policy: options.policy(),
      changes: options.history?.policies() ?? [],
      agents: options.agents().map(({ name }) => name),
      targets: options.targets().map(({ name }) => name),
      explainNonce: options.judgement === undefined ? undefined : guard.nonce(visitor, ['explain']),
      proposeNonce:
        options.checkPolicy === undefined || !may(visitor.reviewer, 'manage-agents')
          ? undefined
          : guard.nonce(visitor, ['propose']),
      ...more,
    };
    return guard.show(c, visitor, { title: 'Policy', current: '/policy' }, <PolicyView {...terms} />);
  }

  function tooMany(c: Context, visitor: Visitor) {
    const waitS = asks.take(visitor.reviewer.name);
    if (waitS === 0) return undefined;
    c.header('Retry-After', String(waitS));
    const lines = [`Wait ${waitS} seconds, then ask again.`];
    return guard.say(c, 429, visitor, { tone: 'wait', heading: 'Too many questions', lines });
  }

  app.get(
    '/policy',
    guard.page('see-setup', (c, visitor) => show(c, visitor)),
  );

  app.post(
    '/policy/explain',
    guard.form(
      'see-setup',
      () => ['explain'],
      async (c, visitor, form) => {
        const command = (form.get('command') ?? '').replaceAll('\r\n', '\n');
        const { judgement } = options;
        if (judgement === undefined || command.trim() === '' || command.length > maxCommandLength)
          return show(c, visitor);
        const limited = tooMany(c, visitor);
        if (limited !== undefined) return limited;
        const agent = options.agents().find(({ name }) => name === form.get('agent'));
        const target = options.targets().find(({ name }) => name === form.get('target'));
        const account = (form.get('account') ?? '').trim().slice(0, 64) || (target?.defaultAccount ?? '');
        const explained = await explain(judgement, options.clock, { command, agent, target, account });
        const asked = { command, agent: agent?.name ?? '', target: target?.name ?? '', account, ...explained };
        return show(c, visitor, { asked });
      },
    ),
  );

  app.post(
    '/policy/propose',
    guard.form(
      'manage-agents',
      () => ['propose'],
      async (c, visitor, form) => {
        const text = (form.get('text') ?? '').replaceAll('\r\n', '\n');
        if (options.checkPolicy === undefined || text.trim() === '') return show(c, visitor);
        const limited = tooMany(c, visitor);
        if (limited !== undefined) return limited;
        return show(c, visitor, { proposal: { text, ...(await options.checkPolicy(text)) } });
      },
    ),
  );
  for (const path of ['/policy/explain', '/policy/propose']) app.get(path, (c) => c.redirect('/policy', 303));
}
