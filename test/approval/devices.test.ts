import { describe, expect, it, onTestFinished } from 'vitest';
import { KnownDevices } from '../../src/approval/devices.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { SqliteProofStore } from '../../src/store/sqlite/proofs.ts';
import { temporaryDirectory } from '../support/directory.ts';

function office() {
  const database = openDatabase(temporaryDirectory());
  onTestFinished(() => database.close());
  const clock = { nowMs: 1_000 };
  return { devices: new KnownDevices(new SqliteProofStore(database), () => clock.nowMs), clock, database };
}
const right = (text: string): string => text.replace(/^Type /, '');

describe('a device', () => {
  it('is known to its reviewer until it is too old', async () => {
    const { devices, clock, database } = office();
    const cookie = await devices.remember('maya');
    expect(await devices.isKnown('maya', cookie)).toBe(true);
    expect(await devices.isKnown('noor', cookie)).toBe(false);
    expect(await devices.isKnown('maya', `${cookie.slice(0, -1)}~`)).toBe(false);
    expect(await devices.isKnown('maya', '')).toBe(false);
    expect(JSON.stringify(database.all('SELECT * FROM device'))).not.toContain(cookie);
    clock.nowMs += 90 * 24 * 3_600_000;
    expect(await devices.isKnown('maya', cookie)).toBe(false);
  });
});

describe('a challenge', () => {
  it('accepts what was asked for, as phones type it, once', async () => {
    const { devices } = office();
    const { id, text } = await devices.challenge('maya', 'h-1');
    expect(text).toMatch(/^Type [a-z]+ \d\d$/);
    const typed = ` ${right(text).toUpperCase().replace(' ', '')}. `;
    expect(await devices.answer(id, 'maya', 'h-1', typed)).toBe(true);
    expect(await devices.answer(id, 'maya', 'h-1', typed)).toBe(false);
  });

  it.each([
    { name: 'another text', reviewer: 'maya', hold: 'h-1', type: () => 'yes' },
    { name: 'nothing', reviewer: 'maya', hold: 'h-1', type: () => '' },
    { name: 'another reviewer', reviewer: 'noor', hold: 'h-1', type: right },
    { name: 'another hold', reviewer: 'maya', hold: 'h-2', type: right },
  ])('refuses $name', async ({ reviewer, hold, type }) => {
    const { devices } = office();
    const { id, text } = await devices.challenge('maya', 'h-1');
    expect(await devices.answer(id, reviewer, hold, type(text))).toBe(false);
  });

  it('allows five tries, and five challenges per hold and reviewer', async () => {
    const { devices } = office();
    const { id, text } = await devices.challenge('maya', 'h-1');
    for (let number = 0; number < 5; number++) expect(await devices.answer(id, 'maya', 'h-1', 'no')).toBe(false);
    expect(await devices.answer(id, 'maya', 'h-1', right(text))).toBe(false);
    for (let number = 0; number < 4; number++) await devices.challenge('maya', 'h-1');
    await expect(devices.challenge('maya', 'h-1')).rejects.toMatchObject({ code: 'CHALLENGE_LIMIT' });
    expect((await devices.challenge('maya', 'h-2')).id).not.toBe(id);
  });

  it('is too old after ten minutes', async () => {
    const { devices, clock } = office();
    const { id, text } = await devices.challenge('maya', 'h-1');
    clock.nowMs += 600_000;
    expect(await devices.answer(id, 'maya', 'h-1', right(text))).toBe(false);
  });
});
