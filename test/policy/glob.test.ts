import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGlob, type Glob } from '../../src/policy/glob.ts';
import { PathAutomaton } from '../../src/policy/path-automaton.ts';
import { shellPattern } from '../../src/policy/shell-pattern.ts';
import { hangMs } from '../support/hang.ts';

function glob(text: string): Glob {
  const result = compileGlob(text);
  if (result.kind === 'bad') throw new Error(`${text}: ${result.message}`);
  return result.glob;
}

/** Directories of any number, twice, are no more than that. */
const withOneRun = (pattern: string) => pattern.replace(/(\/\*\*)+(?=\/|$)/g, '/**');

/** The first matcher we had: right, and exponential. It stays here as the judge of the quick one. */
function naive(pattern: string, path: string): boolean {
  if (pattern === '') return path === '';
  if (pattern === '/**') return path === '' || path.startsWith('/');
  if (pattern.startsWith('/**/')) {
    const rest = pattern.slice(3);
    if (naive(rest, path)) return true;
    const next = path.indexOf('/', 1);
    return path.startsWith('/') && next > 1 && naive(pattern, path.slice(next));
  }
  if (pattern[0] === '*') {
    if (naive(pattern.slice(1), path)) return true;
    return path !== '' && path[0] !== '/' && naive(pattern, path.slice(1));
  }
  if (path === '') return false;
  const isSame = pattern[0] === path[0] || (pattern[0] === '?' && path[0] !== '/');
  return isSame && naive(pattern.slice(1), path.slice(1));
}

describe('a path pattern', () => {
  it.each([
    ['/etc/shadow', '/etc/shadow', true],
    ['/etc/shadow', '/etc/shadow-', false],
    ['/etc/shadow*', '/etc/shadow-', true],
    ['/srv/app/**', '/srv/app', true],
    ['/srv/app/**', '/srv/app/a/b', true],
    ['/srv/app/**', '/srv/appendix', false],
    ['**/.ssh/**', '/root/.ssh/id_ed25519', true],
    ['**/.ssh/**', '/root/.sshx/id', false],
    ['**/.ssh/**', '/.ssh', true],
    ['**/.env', '/a/b/.env', true],
    ['/*/x', '/a/b/x', false],
    ['/**/x', '/a/b/x', true],
    ['/a/**/x', '/a/x', true],
    ['/a/**/x', '/ab/x', false],
    ['/{a,b{c,d}}/x', '/bd/x', true],
    ['/{a,b{c,d}}/x', '/b/x', false],
    ['~/notes', '/home/maya/notes', true],
    ['~/notes', '/home/maya/a/notes', false],
    ['/a?c', '/abc', true],
    ['/a?c', '/a/c', false],
    ['**', '/anything', true],
  ])('%s on %s is %s', (pattern, path, wanted) => {
    expect(glob(pattern).matches(path)).toBe(wanted);
  });

  it.each(['a/b', '*.log', '/a/**b', '/a/../b', '/{a', '/a}', '/a//b', `/${'{a,b}'.repeat(8)}`, `/${'a'.repeat(600)}`])(
    '%s is refused',
    (pattern) => {
      expect(compileGlob(pattern).kind).toBe('bad');
    },
  );

  it('agrees with the naive matcher', () => {
    const segment = fc.oneof(fc.constant('**'), fc.stringMatching(/^[ab*?.]{1,4}$/));
    const pattern = fc
      .array(segment, { minLength: 1, maxLength: 4 })
      .map((parts) => `/${parts.map((part) => (part === '**' ? part : part.replace(/\*+/g, '*'))).join('/')}`)
      .filter((text) => compileGlob(text).kind === 'glob');
    const path = fc
      .array(fc.stringMatching(/^[ab.]{1,4}$/), { minLength: 1, maxLength: 4 })
      .map((parts) => `/${parts.join('/')}`);
    fc.assert(
      fc.property(pattern, path, (text, name) => {
        expect(glob(text).matches(name), `${text} on ${name}`).toBe(naive(text, name));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is quick on the pattern that hangs others', () => {
    const started = performance.now();
    expect(glob('/*a*a*a*a*a*a*a*b').matches(`/${'a'.repeat(4_000)}`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(hangMs);
  });

  it.each([
    ['/srv/app/**', '/srv/app/', 'all'],
    ['/srv/app/**', '/srv/ap', 'some'],
    ['/srv/app/**', '/etc/', 'none'],
    ['/etc/shadow', '/etc/sh', 'some'],
    ['**', '', 'some'],
    ['**', '/', 'all'],
    ['/{etc,srv}/**', '/srv/', 'all'],
  ])('%s with the prefix %s is %s', (pattern, prefix, wanted) => {
    const { holdsAll, holdsSome } = glob(pattern);
    expect(holdsAll(prefix) ? 'all' : holdsSome(prefix) ? 'some' : 'none').toBe(wanted);
  });

  it('says of beginnings what the automaton says', () => {
    const segment = fc.oneof(fc.constantFrom('**', 'a', 'ab', '*', '?b'), fc.stringMatching(/^[ab*.]{1,3}$/));
    const pattern = fc
      .array(segment, { minLength: 1, maxLength: 4 })
      .map((parts) => `/${parts.map((part) => (part === '**' ? part : part.replace(/\*+/g, '*'))).join('/')}`)
      .filter((text) => compileGlob(text).kind === 'glob');
    const prefix = fc.stringMatching(/^\/?(?:[ab.]{1,2}\/){0,3}[ab]?$/);
    fc.assert(
      fc.property(pattern, prefix, (text, beginning) => {
        const { holdsAll, holdsSome } = glob(text);
        const { states, isEverything } = new PathAutomaton(withOneRun(text), 'policy').read(beginning);
        const wanted = [isEverything, states.length > 0];
        expect([holdsAll(beginning), holdsSome(beginning)], `${text} on ${beginning}`).toEqual(wanted);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['/etc/shadow', 'shadow', 'shown'],
    ['/etc/shadow', 'README.md', 'none'],
    ['**/.ssh/**', '.ssh/id', 'shown'],
    ['**/.ssh/**', 'notes', 'hidden'],
    ['/srv/*.log', 'a.log', 'shown'],
    ['/srv/app/**', 'app/notes', 'shown'],
    ['/srv/app/**', 'app', 'shown'],
    ['/srv/app/**', 'apple', 'hidden'],
    ['/srv/app/**', 'x/app/notes', 'hidden'],
    ['/**', 'x', 'shown'],
  ])('%s below an unknown directory: %s is %s', (pattern, relative, wanted) => {
    expect(glob(pattern).below(relative)).toBe(wanted);
  });

  it('finds below a directory what some directory makes a match', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(names, names, (head, relative) => {
        const ends = head.map((_, at) => glob(`/${head.slice(at).join('/')}/**`));
        const isShown = ends.some((end) => end.matches(`/${relative.join('/')}`));
        expect(glob(`/${head.join('/')}/**`).below(relative.join('/'))).toBe(isShown ? 'shown' : 'hidden');
      }),
    );
  });

  it.each([
    ['/etc/shadow', '/etc/*', true],
    ['/etc/shadow', '/etc/*.conf', false],
    ['**/.ssh/**', '/home/maya/*.txt', false],
    ['**/.ssh/**', '/home/maya/*', false],
    ['**/.ssh/**', '/home/maya/.*', true],
    ['**/.ssh/**', '/home/*/*/id_rsa', false],
    ['**/.ssh/**', '/home/*/.ssh/id_rsa', true],
    ['**/.ssh/**', '/home/*/.ssh/*', true],
    ['**/.ssh/**', '/home/maya/.s*', true],
    ['**/id_rsa', '/srv/*', false],
    ['**/id_rsa', '/srv/id*', true],
    ['/srv/id_rsa', '/srv/*', true],
    ['/etc/shadow', '/etc/[a-z]hadow', true],
    ['/etc/shadow', '/*/?hadow', true],
  ])('%s meets the pattern of the shell %s: %s', (pattern, shell, wanted) => {
    expect(glob(pattern).overlaps(shellPattern(shell))).toBe(wanted);
  });

  it('tells patterns apart by their names and ends as the automata do', () => {
    const segment = fc.oneof(fc.constantFrom('**', '.a', 'ab', '*'), fc.stringMatching(/^[ab*?.]{1,3}$/));
    const absolute = (parts: readonly string[]) =>
      `/${parts.map((part) => (part === '**' ? part : part.replace(/\*+/g, '*'))).join('/')}`;
    const segments = fc.array(segment, { minLength: 1, maxLength: 4 });
    const ofShell = fc.oneof(segment, fc.stringMatching(/^[ab.]?\[[ab]\][b*]?$/));
    fc.assert(
      fc.property(segments.map(absolute), fc.array(ofShell, { minLength: 1, maxLength: 4 }), (text, parts) => {
        fc.pre(compileGlob(text).kind === 'glob');
        const shell = absolute(parts);
        const policy = new PathAutomaton(withOneRun(text), 'policy');
        const wanted = policy.overlaps(new PathAutomaton(shell, 'shell'));
        expect(glob(text).overlaps(shellPattern(shell)), `${text} and ${shell}`).toBe(wanted);
      }),
      { numRuns: 5_000 },
    );
  });
});
