import { performance } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { look, post, signIn, startNodes } from '../support/nodes.ts';
import { finish, type Program, poll } from '../support/program.ts';
import { formFields } from '../support/web.ts';

/** The request says so; a machine under load gets a little longer. */
const withinMs = 2_500;

async function mailsOf(nodes: readonly Program[]): Promise<number> {
  const lists = await Promise.all(
    nodes.map(async (node) => (await (await fetch(`${node.run.mailbox.url}/api/mails`)).json()) as unknown[]),
  );
  return lists.flat().length;
}

function begin(node: Program, command: string) {
  const child = node.spawnSsh(command);
  child.stdin?.end();
  return finish(child);
}

/** The line of a page's stream that names this hold first. */
async function heardOf({ body }: Response, id: string): Promise<string> {
  let text = '';
  for await (const chunk of body ?? []) {
    text += Buffer.from(chunk).toString();
    const line = text.split('\n').find((each) => each.includes(id));
    if (line !== undefined) return line;
  }
  throw new Error('the stream ended');
}

const name =
  'three nodes on one Redis are one bastion: sign-in, mail, decision, lists, an ended session, a disabled agent';

// Four starts of the program and a dozen ssh clients: minutes where other programs want the same two cores.
it(name, { timeout: 240_000 }, async () => {
  const { nodes } = await startNodes(['gate-1', 'gate-2', 'gate-3']);
  const [one, two, three] = nodes as [Program, Program, Program];

  // The agent hangs on one, an open page of three hears of it; who signed in on two decides on three, and one mail was sent.
  const cookie = await signIn(two);
  const news = await fetch(`${three.run.web.url}/events`, { headers: { cookie } });
  const first = begin(one, 'touch by-three-nodes; exit 3');
  const hold = await two.pendingHold();
  expect(await heardOf(news, hold.id)).toContain('"isNew":true');
  const path = `/holds/${hold.id}`;
  const fields = formFields(await look(three, path, cookie), `${path}/decision`);
  expect((await post(three, `${path}/decision`, { ...fields, decision: 'approve' }, cookie)).status).toBe(200);
  expect((await first).status).toBe(3);
  await poll(async () => ((await mailsOf(nodes)) > 0 ? true : undefined));
  expect(await mailsOf(nodes)).toBe(1);

  // Every console lists the session of one; two ends it.
  const ended = begin(one, 'touch never-1');
  const { session } = await three.pendingHold();
  // Sessions that are over stay in the list for some seconds.
  const live = `/live/${session}/end`;
  const listed = await poll(async () => {
    const html = await look(two, '/live', cookie);
    return html.includes(live) ? html : undefined;
  });
  expect(listed).toContain('gate-1');
  let startMs = performance.now();
  expect((await post(two, live, formFields(listed, live), cookie)).status).toBe(303);
  expect(await ended).toMatchObject({ status: 77, stderr: expect.stringContaining('ended this session') });
  expect(performance.now() - startMs).toBeLessThan(withinMs);
  const stopped = two.auditRecords().find(({ event }) => event === 'session.stopped');
  expect(stopped).toMatchObject({ node: 'gate-1', agent: one.run.agent.name });
  // The agent's ssh ends before its session is over.
  const closed = await poll(async () =>
    one.auditRecords().find(({ event, session }) => event === 'session.closed' && session === stopped?.session),
  );
  expect(closed).toMatchObject({ reason: `ended by ${stopped?.by}` });

  // Three disables the agent: its session on one ends, and every node refuses it.
  const cut = begin(one, 'touch never-2');
  await poll(async () => {
    const { holds } = (await (await two.api('/holds?state=pending')).json()) as { holds: { action?: unknown }[] };
    return JSON.stringify(holds).includes('never-2') ? true : undefined;
  });
  const disable = `/agents/${one.run.agent.name}/disable`;
  const form = { ...formFields(await look(three, '/agents', cookie), disable), sure: 'yes' };
  startMs = performance.now();
  expect((await post(three, disable, form, cookie)).status).toBe(200);
  expect((await cut).status).toBe(70);
  expect(performance.now() - startMs).toBeLessThan(withinMs);
  for (const node of nodes) {
    expect((await begin(node, 'true')).status).toBe(255);
    expect(await look(node, '/agents', cookie)).toMatch(/chip deny[^<]*">disabled/);
  }

  // From the command line of any node it is let in again, on those whose own file never refused it.
  const enabled = await two.cli('agent', 'enable', one.run.agent.name, '-c', `${two.directory}/sallyport.yaml`);
  expect(enabled).toMatchObject({ status: 0, stdout: expect.stringContaining('on every node') });
  await poll(async () => ((await begin(one, 'true')).status === 0 ? true : undefined));
  expect((await begin(three, 'true')).status).toBe(255);
});
