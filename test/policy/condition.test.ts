import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/policy/evaluate.ts';
import { command, model } from '../support/models.ts';
import { context, loaded } from '../support/policies.ts';

const rm = model([command('rm x', { effects: ['delete'] })]);

async function denies(when: string, more: Parameters<typeof context>[0] = {}, zone = 'Europe/Berlin') {
  const policy = await loaded(
    `version: 1\ntimezone: ${zone}\nrules:\n  - { id: a, deny: { tools: [rm] }, when: ${when} }`,
  );
  return evaluate(policy, rm, context(more)).verdict === 'deny';
}

describe('a time window', () => {
  const office = '{ time: { days: mon-fri, from: "09:00", to: "18:00" } }';
  const night = '{ time: { days: fri, from: "22:00", to: "06:00" } }';
  it.each([
    ['in it', office, '2026-01-07T08:00:00Z', true],
    ['a minute before it', office, '2026-01-07T07:59:59Z', false],
    ['at its end', office, '2026-01-07T17:00:00Z', false],
    ['in summer time, an hour earlier', office, '2026-07-08T07:00:00Z', true],
    ['on a Saturday', office, '2026-01-10T10:00:00Z', false],
    ['over midnight, before', night, '2026-01-09T22:00:00Z', true],
    ['over midnight, after, on Saturday', night, '2026-01-10T04:59:00Z', true],
    ['over midnight, on Saturday evening', night, '2026-01-10T22:00:00Z', false],
    ['over midnight, early on Friday', night, '2026-01-09T04:00:00Z', false],
    ['in the hour that comes twice, first', '{ time: { from: "02:00", to: "03:00" } }', '2026-10-25T00:30:00Z', true],
    ['in the hour that comes twice, again', '{ time: { from: "02:00", to: "03:00" } }', '2026-10-25T01:30:00Z', true],
    ['around the hour that is skipped', '{ time: { from: "02:00", to: "03:00" } }', '2026-03-29T01:30:00Z', false],
    ['in another zone', '{ time: { from: "09:00", to: "10:00", zone: Asia/Tokyo } }', '2026-01-07T00:30:00Z', true],
    ['in one of two', '{ time: [{ days: sun }, { days: wed }] }', '2026-01-07T12:00:00Z', true],
    ['over the end of the week', '{ time: { days: sat-mon } }', '2026-01-11T12:00:00Z', true],
  ])('%s', async (_, when, at, wanted) => {
    expect(await denies(when, { nowMs: Date.parse(at) })).toBe(wanted);
  });
});

describe('who and where', () => {
  const agent = { name: 'deploy-bot', owner: 'maya', labels: { team: 'ops' } };
  const target = { name: 'web-1', labels: { env: 'prod' } };
  it.each([
    ['{ agents: ["deploy-*"] }', true],
    ['{ agents: [deploy] }', false],
    ['{ owners: [maya] }', true],
    ['{ labels: { team: [ops, dev] } }', true],
    ['{ labels: { team: dev } }', false],
    ['{ labels: { toString: x } }', false],
    ['{ targets: { env: prod } }', true],
    ['{ targets: { env: staging } }', false],
    ['{ targets: ["web-{1,2}"] }', true],
    ['{ accounts: [root] }', false],
    ['{ targets: { env: prod }, owners: [noor] }', false],
    ['{ session: { min_commands: 1 } }', false],
    ['{ session: { max_bytes_out: 10 } }', true],
  ])('%s is %s', async (when, wanted) => {
    expect(await denies(when, { agent, target })).toBe(wanted);
  });
});

describe('an expression', () => {
  it.each([
    [`agent.name == "agent" && time.hour == 13`, true],
    [`time.day == 3 && command.tool in ["rm", "dd"]`, true],
    [`"delete" in command.effects`, true],
    [`command.words.exists(w, w.startsWith("x"))`, true],
    [`re(command.text, "^rm [a-z]+$")`, true],
    [`re(command.text, "^ls")`, false],
    [`session.commands > 3`, false],
    [`"team" in agent.labels && agent.labels.team == "ops"`, false],
  ])('%s is %s', async (cel, wanted) => {
    expect(await denies(`{ cel: '${cel}' }`)).toBe(wanted);
  });

  it.each([
    `re(command.text, agent.name)`,
    `re(command.text, "[a-z]{1,1000}[0-9]{1,1000}")`,
    `re(command.text, "(?=x)")`,
    `command.words.all(a, command.words.all(b, command.words.all(c, a == b)))`,
    `command.nothing == 1`,
    `agent`,
    `${'('.repeat(60)}true${')'.repeat(60)}`,
    Array.from({ length: 400 }, () => 'true').join(' && '),
  ])('%s is refused', async (cel) => {
    await expect(denies(`{ cel: '${cel}' }`)).rejects.toThrow('the condition cannot be used');
  });
});
