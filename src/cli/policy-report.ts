/** How the examples of policies came out, as lines for a person, TAP version 13 or JUnit XML. */
import type { ExampleResult } from '../policy/examples.ts';
import { type PolicyProblem, printProblem } from '../policy/problem.ts';

export interface TestedPolicy {
  readonly file: string;
  readonly examples: readonly ExampleResult[];
  /** Problems that are not a failed example: the file could not be loaded. */
  readonly problems: readonly PolicyProblem[];
}

interface Test {
  readonly name: string;
  readonly place: string;
  readonly problem: string | undefined;
}

function testsOf({ file, examples, problems }: TestedPolicy): readonly Test[] {
  const failed = new Set(examples.map(({ problem }) => problem));
  const own = problems.filter(({ message }) => !failed.has(message));
  return [
    { name: 'loads', place: file, problem: own.length === 0 ? undefined : own.map(printProblem).join('; ') },
    ...examples.map(({ name, file: at, line, problem }) => ({ name, place: `${at}:${line}`, problem })),
  ];
}

export function countFailures(policies: readonly TestedPolicy[]): number {
  return policies.flatMap(testsOf).filter(({ problem }) => problem !== undefined).length;
}

export function formatPlain(policies: readonly TestedPolicy[]): string {
  const tests = policies.flatMap(testsOf);
  const failures = tests.filter(({ problem }) => problem !== undefined);
  const lines = failures.map(({ place, problem }) => `not ok  ${place}: ${oneLine(problem ?? '')}`);
  return [...lines, `${tests.length - failures.length} of ${tests.length} as written`, ''].join('\n');
}

/** https://testanything.org/tap-version-13-specification.html */
export function formatTap(policies: readonly TestedPolicy[]): string {
  const tests = policies.flatMap(testsOf);
  const lines = tests.flatMap(({ name, place, problem }, at) => {
    const head = `${problem === undefined ? 'ok' : 'not ok'} ${at + 1} - ${oneLine(name).replaceAll('#', '\\#')}`;
    return problem === undefined
      ? [head]
      : [head, '  ---', `  message: ${JSON.stringify(problem)}`, `  at: ${JSON.stringify(place)}`, '  ...'];
  });
  return ['TAP version 13', `1..${tests.length}`, ...lines, ''].join('\n');
}

export function formatJunit(policies: readonly TestedPolicy[]): string {
  const suites = policies.map((policy) => {
    const tests = testsOf(policy);
    const cases = tests.map(({ name, place, problem }) => {
      const open = `    <testcase name="${xml(name)}" classname="${xml(place)}"`;
      return problem === undefined ? `${open}/>` : `${open}><failure message="${xml(problem)}"/></testcase>`;
    });
    const failures = tests.filter(({ problem }) => problem !== undefined).length;
    const head = `  <testsuite name="${xml(policy.file)}" tests="${tests.length}" failures="${failures}">`;
    return [head, ...cases, '  </testsuite>'].join('\n');
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...suites, '</testsuites>', ''].join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ⏎ ');
}

/** XML 1.0 has no place for most control characters, however they are written. */
function xml(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text
    .replace(/[&<>"]/g, (char) => names[char] ?? char)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
    .replace(/[\n\r\t]/g, (char) => `&#${char.charCodeAt(0)};`);
}
