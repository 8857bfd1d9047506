import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config-file.ts';
import { examine } from '../src/doctor.ts';
import { temporaryDirectory } from './support/directory.ts';
import { loginService } from './support/login-service.ts';
import { receiver } from './support/receiver.ts';

async function findings(directory: string, text: string, env: Record<string, string> = {}) {
  const file = join(directory, 'sallyport.yaml');
  writeFileSync(file, `version: 1\nstate_directory: state\n${text}`);
  const found = await examine(loadConfig(file, env).config, Date.now());
  return Object.fromEntries(found.map(({ check, state, detail }) => [check, { state, detail }]));
}

describe('doctor', () => {
  it('looks where channels would go, and sends nothing', async () => {
    const hook = await receiver();
    const text = `notify:
  - { name: ours, kind: slack, url_env: OURS, allow_private: true }
  - { name: forbidden, kind: slack, url_env: TLS }
  - { name: cloud, kind: teams, url_env: CLOUD, allow_private: true }
`;
    const found = await findings(temporaryDirectory(), text, {
      OURS: `${hook.url}/CANARY`,
      TLS: 'https://127.0.0.1/CANARY',
      CLOUD: 'http://169.254.169.254/CANARY',
    });
    expect(found['slack ours']).toMatchObject({ state: 'ok' });
    expect(found['slack forbidden']).toMatchObject({ state: 'fail', detail: expect.stringContaining('allow_private') });
    expect(found['teams cloud']).toMatchObject({ state: 'fail', detail: expect.stringContaining('metadata') });
    expect(found.mail).toMatchObject({ state: 'warn', detail: expect.stringContaining('by channels only') });
    expect(hook.received).toEqual([]);
    expect(JSON.stringify(found)).not.toContain('CANARY');
  });

  it('says who is on call', async () => {
    const hours = 'hours: { timezone: UTC, from: "09:00", to: "18:00" }';
    const text = `reviewers: [{ name: maya, email: m@example.com, ${hours} }, { name: jo, email: j@example.com, ${hours} }]
schedules: [{ name: sre, timezone: UTC, rotation: [maya, jo], handover: mon 09:00, starts: 2026-11-30 }]
`;
    const found = await findings(temporaryDirectory(), text);
    const detail = expect.stringMatching(/^(maya|jo) is on call until \d{4}-\d\d-\d\d 09:00 \(UTC\), then (jo|maya)$/);
    expect(found['schedule sre']).toMatchObject({ state: 'ok', detail });
  });

  it('asks the login service who it is, and says which address it must know', async () => {
    const { issuer } = await loginService('https://bastion.example/sign-in/oidc/callback');
    const text = (more: string, at = issuer) =>
      `web: { ${more} oidc: { issuer: "${at}", client_id: sallyport, client_secret_env: SECRET } }\n`;
    const look = async (written: string) =>
      (await findings(temporaryDirectory(), written, { SECRET: 'CANARY' }))['login service'];
    expect(await look(text('public_url: "https://bastion.example",'))).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining('https://bastion.example/sign-in/oidc/callback'),
    });
    expect(await look(text(''))).toMatchObject({ state: 'fail', detail: expect.stringContaining('public_url') });
    const away = await look(text('public_url: "https://bastion.example",', 'http://127.0.0.1:65431'));
    expect(away).toMatchObject({ state: 'fail', detail: expect.stringContaining('ECONNREFUSED') });
    expect(await look('')).toBeUndefined();
  });

  it('says which keys the nodes of one Redis must share, and tells two nodes apart', async () => {
    const store = 'store: redis://127.0.0.1:1\n';
    const nodeWith = async (byte: number) => {
      const directory = temporaryDirectory();
      const keys = join(directory, 'state', 'keys');
      mkdirSync(keys, { recursive: true });
      for (const name of ['links.key', 'web.key', 'ssh_host_ed25519_key'])
        writeFileSync(join(keys, name), Buffer.alloc(32, byte), { mode: 0o600 });
      return (await findings(directory, store))['keys shared by nodes'];
    };
    expect((await findings(temporaryDirectory(), store))['keys shared by nodes']).toMatchObject({
      state: 'warn',
      detail: expect.stringContaining('links.key'),
    });
    const one = await nodeWith(1);
    expect(one).toMatchObject({ state: 'ok', detail: expect.stringContaining('ssh_host_ed25519_key') });
    expect(await nodeWith(1)).toEqual(one);
    expect(await nodeWith(2)).not.toEqual(one);
    expect((await findings(temporaryDirectory(), ''))['keys shared by nodes']).toBeUndefined();
  });
});
