import { describe, expect, it } from 'vitest';
import { SessionBook } from '../../src/gate/session-book.ts';
import type { PolicyDecision } from '../../src/policy/decision.ts';
import { command, model, path } from '../support/models.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const nowMs = Date.UTC(2026, 0, 7, 12);

const decided = (rule: string, parts = 1): PolicyDecision => ({
  policyHash: 'x',
  parts: Array.from({ length: parts }, (_, at) => ({ verdict: 'allow', rule, reason: '', command: at })),
  verdict: 'allow',
  rule,
  reason: '',
  review: undefined,
  instead: undefined,
  shadow: [],
});
const reading = (...paths: readonly string[]) =>
  model([command('cat', { paths: paths.map((text) => path('read', text)) })]);

describe('what happened before', () => {
  it('is not forgotten with the connection', () => {
    const book = new SessionBook();
    book.noteRun('one', 'agent', reading('/srv/secret'), nowMs);
    book.noteOutput('one', 'agent', 500, nowMs);
    book.count('one', 'agent', decided('read'), nowMs);
    book.forget('one');
    const { session, recent } = book.facts('two', 'agent', nowMs + 59 * minuteMs);
    expect(session).toMatchObject({ commands: 0, readPaths: [], bytesOut: 0 });
    expect(recent()).toMatchObject({ commands: 1, readPaths: ['/srv/secret'], bytesOut: 500, fired: { read: 1 } });
  });

  it('counts every rule that had a say', () => {
    const book = new SessionBook();
    book.count('one', 'agent', { ...decided('reads', 2), fired: ['reads', 'secrets', 'secrets'] }, nowMs);
    expect(book.facts('one', 'agent', nowMs).session.fired).toEqual({ reads: 1, secrets: 2 });
  });

  it('keeps of a search that it may have met anything below', () => {
    const book = new SessionBook();
    const trees = [path('read', '/srv', { isTree: true }), path('read', '/srv/a', { isPrefix: true })];
    const looked = path('read', '/opt', { isTree: true, isEntry: true });
    book.noteRun('one', 'agent', model([command('grep -r', { paths: [...trees, looked] })]), nowMs);
    expect(book.facts('one', 'agent', nowMs).session).toMatchObject({ readPaths: [], unsurePaths: trees });
    book.forget('one');
    expect(book.facts('two', 'agent', nowMs).recent()).toMatchObject({ unsurePaths: trees, isPartial: false });
  });

  it('says when there were too many to keep', () => {
    const book = new SessionBook();
    const many = Array.from({ length: 300 }, (_, i) => path('read', `/srv/${i}`, { isTree: true }));
    book.noteRun('one', 'agent', model([command('grep -r', { paths: many })]), nowMs);
    expect(book.facts('one', 'agent', nowMs).session.isPartial).toBe(true);
    expect(book.facts('two', 'agent', nowMs).recent().isPartial).toBe(true);
  });

  it('is the agent’s own', () => {
    const book = new SessionBook();
    book.noteRun('one', 'agent', reading('/srv/secret'), nowMs);
    expect(book.facts('two', 'other', nowMs).recent().readPaths).toEqual([]);
  });

  it('leaves after an hour, and never a minute early', () => {
    const book = new SessionBook();
    const lateMs = nowMs + 59_000;
    book.count('one', 'agent', decided('few'), lateMs);
    book.noteRun('one', 'agent', reading('/srv/secret'), lateMs);
    const before = book.facts('two', 'agent', lateMs + hourMs - 1);
    expect(before.session.lastHour).toEqual({ few: 1 });
    expect(before.recent().readPaths).toEqual(['/srv/secret']);
    const after = book.facts('two', 'agent', lateMs + hourMs + 2 * minuteMs);
    expect(after.session.lastHour).toEqual({});
    expect(after.recent()).toMatchObject({ readPaths: [], commands: 0 });
  });

  it('counts every part of a text', () => {
    const book = new SessionBook();
    book.count('one', 'agent', decided('few', 7), nowMs);
    expect(book.facts('one', 'agent', nowMs).session.lastHour).toEqual({ few: 7 });
  });

  it('keeps a budget spent, however much else is asked for', () => {
    const book = new SessionBook();
    book.count('one', 'agent', decided('few'), nowMs);
    for (let i = 0; i < 30_000; i++) book.count('one', 'agent', decided('many'), nowMs + i);
    expect(book.facts('one', 'agent', nowMs + minuteMs).session.lastHour).toEqual({ few: 1, many: 30_000 });
  });

  it('says when it is not all', () => {
    const book = new SessionBook();
    for (let i = 0; i < 5_000; i++) book.noteRun('one', 'agent', reading(`/srv/${i}`), nowMs);
    book.noteRun('one', 'agent', reading('/srv/secret'), nowMs);
    const { session, recent } = book.facts('one', 'agent', nowMs + 1);
    expect(session.isPartial).toBe(true);
    expect(recent().isPartial).toBe(true);
    expect(book.facts('two', 'agent', nowMs + 2 * hourMs).recent().isPartial).toBe(false);
  });
});
