/** Reads `when:`: who, where, when, and what happened before. All keys must hold. */
import type { Node } from 'yaml';
import type { PathObject } from '../command/model.ts';
import { compileName } from './argv-pattern.ts';
import type { Subject } from './criterion.ts';
import type { PolicyContext } from './decision.ts';
import type { PolicyDocument } from './document.ts';
import { asksForSession, compileExpression, firedIn } from './expression.ts';
import { isReading } from './history.ts';
import { readGlobs } from './object-criteria.ts';
import { mayHaveMet } from './path-match.ts';
import { didYouMean } from './problem.ts';
import { readTimeWindow, wallClock } from './time-window.ts';

/** Throws when it cannot tell; the rule then takes its strict side. */
type Holds = (context: PolicyContext, subject: Subject) => boolean;

export interface Condition {
  readonly holds: Holds;
  /** False: what happened before makes no difference, so it is asked once. */
  readonly asksSession: boolean;
}

export interface ConditionScope {
  readonly document: PolicyDocument;
  readonly zone: string;
  /** An allow rule asks whether a path was surely not read; the others whether it may have been. */
  readonly ruleIds: ReadonlySet<string>;
}

type ConditionReader = (node: Node, scope: ConditionScope) => Holds;

const nameList =
  (what: string, of: (context: PolicyContext) => string): ConditionReader =>
  (node, { document }) => {
    const matchers = document.texts(node, what).flatMap(({ value, node: at }) => {
      const matches = compileName(value);
      if (matches === undefined) document.report(at, `braces do not pair up in \`${value}\``);
      return matches ?? [];
    });
    return (context) => matchers.some((matches) => matches(of(context)));
  };

type Labels = Readonly<Record<string, string>>;

const labelMap =
  (what: string, of: (context: PolicyContext) => Labels): ConditionReader =>
  (node, { document }) => {
    const entries = document.entries(node, what);
    document.refuseEmpty(entries, node, what);
    const wanted = entries.map(([label, value]) => {
      const values = document.texts(value, `the label \`${label}\``).map((item) => item.value);
      return (labels: Labels) => Object.hasOwn(labels, label) && values.includes(labels[label] ?? '');
    });
    return (context) => wanted.every((has) => has(of(context)));
  };

/** `targets: { env: prod }` speaks of labels, `targets: [web-1, "db-*"]` of names. */
const targets: ConditionReader = (node, scope) =>
  scope.document.isMapping(node)
    ? labelMap('`targets`', ({ target }) => target.labels)(node, scope)
    : nameList('`targets`', ({ target }) => target.name)(node, scope);

const time: ConditionReader = (node, { document, zone }) => {
  const window = readTimeWindow(document, node, zone);
  return ({ nowMs }) => window(nowMs);
};

const session: ConditionReader = (node, { document, ruleIds }) => {
  const fields = document.fields(node, '`session`', [
    'min_commands',
    'max_commands',
    'min_bytes_out',
    'max_bytes_out',
    'fired',
    'read',
    'wrote',
  ]);
  document.refuseEmpty(fields, node, '`session`');
  const bound = (key: string, of: (context: PolicyContext) => number): Holds[] => {
    const at = fields.get(key);
    const limit = at && document.count(at, `\`${key}\``);
    if (limit === undefined) return [];
    return [(context) => (key.startsWith('min') ? of(context) >= limit : of(context) <= limit)];
  };
  const touched = (key: 'read' | 'wrote', of: (context: PolicyContext) => readonly string[]): Holds[] => {
    const at = fields.get(key);
    const globs = at && readGlobs(at, `\`${key}\``, document);
    return globs === undefined
      ? []
      : [
          (context) => {
            if (of(context).some((path) => globs.some((glob) => glob.matches(path)))) return true;
            const { unsurePaths = [], isPartial } = context.session;
            const mayBe = (path: PathObject) => isReading(path.access) === (key === 'read') && mayHaveMet(globs, path);
            if (isPartial === true || unsurePaths.some(mayBe)) throw new Error('not all that was touched is known');
            return false;
          },
        ];
  };
  const firedNode = fields.get('fired');
  const fired = (firedNode === undefined ? [] : document.texts(firedNode, '`fired`')).map(
    ({ value, node: at }): Holds => {
      if (!ruleIds.has(value)) document.report(at, `there is no rule \`${value}\``, didYouMean(value, [...ruleIds]));
      return (context) => Object.hasOwn(context.session.fired, value) && (context.session.fired[value] ?? 0) > 0;
    },
  );
  for (const counted of ['commands', 'bytes_out']) {
    const [least, most] = [`min_${counted}`, `max_${counted}`].map((key) => fields.get(key));
    const isEmpty = least && most && Number(document.flatTexts(least)[0]) > Number(document.flatTexts(most)[0]);
    if (isEmpty === true) document.report(least, `\`min_${counted}\` is over \`max_${counted}\`, so nothing can match`);
  }
  const all = [
    ...bound('min_commands', (context) => context.session.commands),
    ...bound('max_commands', (context) => context.session.commands),
    ...bound('min_bytes_out', (context) => context.session.bytesOut),
    ...bound('max_bytes_out', (context) => context.session.bytesOut),
    ...touched('read', (context) => context.session.readPaths),
    ...touched('wrote', (context) => context.session.writtenPaths),
    ...(fired.length === 0
      ? []
      : [(context: PolicyContext, subject: Subject) => fired.some((one) => one(context, subject))]),
  ];
  return (context, subject) => all.every((one) => one(context, subject));
};

const cel: ConditionReader = (node, { document, zone, ruleIds }) => {
  const text = document.text(node, '`cel`') ?? 'false';
  const result = compileExpression(text);
  const clock = wallClock(zone);
  if (result.kind === 'bad') {
    document.report(node, `the condition cannot be used: ${result.message}`);
    return () => {
      throw new Error(result.message);
    };
  }
  for (const id of firedIn(text))
    if (!ruleIds.has(id)) document.report(node, `there is no rule \`${id}\``, didYouMean(id, [...ruleIds]));
  return (context, subject) => {
    if (clock === undefined) throw new Error('no such time zone');
    return result.evaluate(subject, context, clock(context.nowMs));
  };
};

const readers: Readonly<Record<string, ConditionReader>> = {
  agents: nameList('`agents`', ({ agent }) => agent.name),
  owners: nameList('`owners`', ({ agent }) => agent.owner),
  labels: labelMap('`labels`', ({ agent }) => agent.labels),
  targets,
  accounts: nameList('`accounts`', ({ account }) => account),
  time,
  session,
  cel,
};

export function readCondition(node: Node, scope: ConditionScope): Condition {
  const { document } = scope;
  const fields = document.fields(node, '`when`', Object.keys(readers));
  document.refuseEmpty(fields, node, '`when`');
  const expression = fields.get('cel');
  // The expression last: what it cannot tell does not matter where another key says no.
  const keys = [...fields].sort(([a], [b]) => Number(a === 'cel') - Number(b === 'cel'));
  const all = keys.flatMap(([key, value]) => readers[key]?.(value, scope) ?? []);
  return {
    holds: (context, subject) => all.every((one) => one(context, subject)),
    asksSession: fields.has('session') || (expression && document.flatTexts(expression).some(asksForSession)) === true,
  };
}
