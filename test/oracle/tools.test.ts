/**
 * The descriptions against the real tools: what the default policy allows, because it only reads, changes no file, runs
 * nothing that a file says, contacts nobody, and shows of no file what the model does not say is read; and so do busybox and
 * others that have the names of some of these tools.
 *
 * A failure prints the text, so that it can become a row of test/bypass and a better description.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandModel, PathObject } from '../../src/command/model.ts';
import { createJudgement, type Judgement } from '../../src/judgement.ts';
import { loadLibrary } from '../../src/library.ts';
import { shippedPolicies } from '../../src/package-root.ts';
import { ordinarySituation } from '../../src/policy/case.ts';
import { judgedModel } from '../../src/policy/decision.ts';
import { evaluate, type Policy } from '../../src/policy/evaluate.ts';
import { loadPolicyFile } from '../../src/policy-file.ts';
import { Random } from '../support/random.ts';
import { type Seen, ToolJail } from './tool-jail.ts';
import { type Described, describedHere, toolLine } from './tool-lines.ts';

/** For the tools of this machine, and for all other implementations of some of them together. */
const budgetMs = Number(process.env.ORACLE_SECONDS ?? '60') * 300;
const othersBudgetMs = Number(process.env.ORACLE_SECONDS ?? '60') * 100;
const seed = Number(process.env.ORACLE_SEED ?? Date.now() % 1_000_000_007);
/** A command of which this many lines are not allowed one after another is left alone. */
const patience = 150;
/** One that takes so long waits for something, and is tried a few times only. */
const waitingMs = 500;

/** What tools write for themselves, whatever they are asked: logs, caches, the first copy of their settings. */
const ofTheirOwn = [
  /^[<>] \/tmp\/(?:hsperfdata_|containers-user-|podman-run-|aptitude-|tmux-|\.nstat\.u)/,
  /^[<>] \/home\/agent\/\.(?:npm|rpmdb|step|subversion|terraform\.d|cache|docker|kube\/cache|gnupg)(?:\/| )/,
  /^[<>] \/home\/agent\/\.(?:config\/(?:gcloud|procps|htop)|local\/share\/(?:containers|caddy))(?:\/| )/,
  /^[<>] \/home\/agent\/\.(?:config|local|local\/share) /,
];

/**
 * Who asks for newer versions of itself, its daemon on this machine, or name servers for addresses of this machine and for words
 * that it knows (`ss closed`, `getent hosts localhost`), whatever the agent says.
 */
const ofTheirOwnAccord = new Set(
  'arp chronyc gcloud getent iptables kubectl last lsof netstat route ss terraform w who'.split(' '),
);
/** What is called like an option is a file to whoever looks for none behind the first file. */
const likeAnOption = '/home/agent/-n';

const sameFile = (path: string): string => path.replace(/\/dlink(?=\/|$)/, '/d').replace(/\/link$/, '/g.txt');

/** Its content is said to be read. */
function isSaid(file: string, paths: readonly PathObject[]): boolean {
  return paths.some(({ path, isTree, isShown, isPrefix, isEntry }) => {
    const place = sameFile(path);
    if (isEntry === true) return false;
    if (isPrefix) return file.startsWith(place);
    const isBelow = isTree === true && file.startsWith(place === '/' ? '/' : `${place}/`);
    // `zcat a` looks for a.gz as well.
    const isNamed = file === place || (file.startsWith(`${place}.`) && /\.(?:gz|xz|zip)$/.test(file));
    return isNamed || (isBelow && !(isShown === true && file.slice(place.length).includes('/.')));
  });
}

function faultOf({ changed, shown }: Seen, { commands }: CommandModel): string | undefined {
  const mayContact = commands.some(({ tool }) => ofTheirOwnAccord.has(tool ?? ''));
  const change = changed.find(
    (line) => !ofTheirOwn.some((own) => own.test(line)) && !(mayContact && line === '> contacts somebody'),
  );
  if (change !== undefined) return `changes ${change}`;
  const paths = commands.flatMap((command) => command.paths);
  const untold = shown.find((files) => !files.some((file) => file === likeAnOption || isSaid(file, paths)));
  return untold === undefined ? undefined : `shows ${untold.join(' or ')}`;
}

let judgement: Judgement;
let policy: Policy;
let jail: ToolJail;
beforeAll(async () => {
  jail = new ToolJail();
  judgement = await createJudgement();
  const loaded = await loadPolicyFile(join(shippedPolicies, 'default.yaml'), judgement.policyParts);
  if (loaded.kind === 'refused') throw new Error('the default policy is not loaded');
  policy = loaded.policy;
});
afterAll(async () => {
  jail.close();
  await judgement.close();
});

/** What would be sent, where the policy allows it and it only reads. */
async function allowed(text: string): Promise<CommandModel | undefined> {
  const understood = await judgement.understand(text, ordinarySituation.understand);
  const decision = evaluate(policy, understood, ordinarySituation.policy);
  const model = judgedModel(understood, decision);
  const onlyReads = model.commands.every(({ effects }) => effects.every(({ kind }) => kind === 'read'));
  return decision.verdict === 'allow' && onlyReads && model.canonical !== undefined ? model : undefined;
}

describe(`real tools (ORACLE_SEED=${seed})`, () => {
  it('would be seen to write, and to show', async () => {
    expect((await jail.run('touch g.txt new; rm f.txt')).changed).toHaveLength(4);
    expect((await jail.run('cat g.txt; zcat a.gz')).shown).toHaveLength(2);
    expect((await jail.run('sh')).changed).toHaveLength(1);
    expect(await jail.run('cat f.txt')).toEqual({ changed: [], shown: [] });
  });

  it('do no more than their descriptions say', async () => {
    const { here, missing } = describedHere(loadLibrary().tools);
    console.log(`not installed here, and left out: ${missing.join(' ')}`);
    expect(await search(here, undefined, budgetMs)).toEqual([]);
  });

  it('of other implementations do no more', async () => {
    const others = await jail.others;
    const found: string[] = [];
    for (const [name, tools] of others) {
      const { here } = describedHere(loadLibrary().tools, (tool) => tools.has(tool));
      found.push(...(await search(here, name, othersBudgetMs / others.size)));
    }
    expect(found).toEqual([]);
  });
});

/** Faults of the tools that are here, or of another implementation that has their names. */
async function search(
  here: readonly (readonly Described[])[],
  other: string | undefined,
  forMs: number,
): Promise<readonly string[]> {
  const random = new Random(seed);
  const options = here.flat().flatMap((one) => one.options.map((option) => ({ one, option })));
  const refused = new Map<string, number>();
  const waited = new Map<string, number>();
  const sent = new Set<string>();
  const found: string[] = [];
  let lines = 0;
  const endsAt = Date.now() + forMs;
  while (Date.now() < endsAt && found.length < 10) {
    // Each option as often as any other, and each tool as well: some have a hundred sub-commands, and many no option.
    const { one, option } =
      random.below(2) === 0 ? random.pick(options) : { one: random.pick(random.pick(here)), option: undefined };
    const name = one.words.join(' ');
    if ((refused.get(name) ?? 0) > patience || (waited.get(name) ?? 0) > 2) continue;
    const text = toolLine(one, option, random);
    lines++;
    const model = await allowed(text);
    refused.set(name, model === undefined ? (refused.get(name) ?? 0) + 1 : 0);
    if (model?.canonical === undefined || sent.has(model.canonical)) continue;
    sent.add(model.canonical);
    const startedAt = Date.now();
    const fault = faultOf(await jail.run(model.canonical, other), model);
    if (Date.now() - startedAt > waitingMs) waited.set(name, (waited.get(name) ?? 0) + 1);
    if (fault !== undefined) found.push(`${other ?? ''} ${text}: ${fault}\n  sent ${model.canonical}`);
  }
  console.log(`${other ?? 'tools'}: ${lines} lines of ${here.length} tools, ${sent.size} allowed and run`);
  expect(sent.size).toBeGreaterThan(0);
  return found;
}
