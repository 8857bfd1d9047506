import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { PasskeyFile } from '../../src/web/passkey-file.ts';
import { openPasskeys } from '../../src/web/passkey-move.ts';
import { type Passkey, SharedPasskeys } from '../../src/web/passkey-store.ts';
import { Passkeys } from '../../src/web/passkeys.ts';
import { holdOf } from '../support/desk.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { MemoryShelf } from '../support/shelf.ts';
import { Browser, formFields, type TestWeb, testWeb } from '../support/web.ts';

const passkey: Passkey = {
  id: 'AAAA',
  reviewer: 'maya',
  name: 'phone',
  publicKey: 'pQECAyYgASFYIA',
  counter: 0,
  transports: ['internal'],
  createdAtMs: 1,
  usedAtMs: null,
};

describe('the passkey file', () => {
  it('keeps what was put, for its owner to read only', async () => {
    const path = join(temporaryDirectory(), 'passkeys.json');
    const file = new PasskeyFile(path);
    await file.put(passkey);
    await file.put({ ...passkey, id: 'BBBB', reviewer: 'tom' });
    await file.remove('BBBB');
    expect(await new PasskeyFile(path).of('maya')).toEqual([passkey]);
    expect(await new PasskeyFile(path).of('tom')).toEqual([]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each(['', '{"version":2,"passkeys":[]}', '{"version":1,"passkeys":[{"id":"AAAA"}]}', '[]'])(
    'refuses to start on %j rather than forget keys',
    (content) => {
      const path = join(temporaryDirectory(), 'passkeys.json');
      writeFileSync(path, content);
      expect(() => new PasskeyFile(path)).toThrow(expect.objectContaining({ code: 'WEB_PASSKEYS_UNREADABLE' }));
      expect(readFileSync(path, 'utf8')).toBe(content);
    },
  );
});

describe('passkeys that several nodes see', () => {
  it('begin with those of a node that was alone, which join once: a removed key does not come back', async () => {
    const path = join(temporaryDirectory(), 'passkeys.json');
    const shelf = new MemoryShelf(() => 0);
    const alone = await openPasskeys(path, undefined);
    await alone.put(passkey);
    const newer = { ...passkey, counter: 7, usedAtMs: 5 };
    await new SharedPasskeys(shelf).put({ ...passkey, id: 'BBBB', createdAtMs: 0 });
    const first = await openPasskeys(path, shelf);
    expect((await first.of('maya')).map(({ id }) => id)).toEqual(['BBBB', 'AAAA']);
    await first.put(newer);
    expect(await (await openPasskeys(path, shelf)).get('AAAA')).toEqual(newer);
    await first.remove('AAAA');
    expect(await (await openPasskeys(path, shelf)).get('AAAA')).toBeUndefined();
    expect(readFileSync(`${path}.moved`, 'utf8')).toContain('AAAA');
  });
});

describe('whether passkeys can be offered', () => {
  it.each([
    { url: 'https://bastion.example', want: true },
    { url: 'http://localhost:8080', want: true },
    { url: 'http://bastion.example', want: false },
    { url: 'http://127.0.0.1:8080', want: false },
    { url: 'https://10.0.0.5', want: false },
    { url: 'https://[2001:db8::1]', want: false },
  ])('on $url: $want', ({ url, want }) => {
    const store = new PasskeyFile(join(temporaryDirectory(), 'passkeys.json'));
    const shelf = new MemoryShelf(() => 0);
    expect(new Passkeys({ store, shelf, clock: () => 0, publicUrl: () => url }).isPossible).toBe(want);
  });
});

describe('an answer that is none', () => {
  let web: TestWeb;
  let store: PasskeyFile;
  beforeEach(async () => {
    store = new PasskeyFile(join(temporaryDirectory(), 'passkeys.json'));
    await store.put(passkey);
    web = testWeb({ passkeys: store });
  });

  /** As a browser would send it, with a signature that is nobody's. */
  function forged(challenge: string): string {
    const data = { type: 'webauthn.get', challenge, origin: 'https://bastion.example' };
    const clientDataJSON = Buffer.from(JSON.stringify(data)).toString('base64url');
    const response = { clientDataJSON, authenticatorData: 'AAAA', signature: 'AAAA', userHandle: null };
    return JSON.stringify({ id: 'AAAA', rawId: 'AAAA', type: 'public-key', clientExtensionResults: {}, response });
  }
  const challengeOf = async (response: Response) => {
    const options: unknown = await response.json();
    return /"challenge":"([\w-]+)"/.exec(JSON.stringify(options))?.[1] ?? '';
  };

  it.each(['', 'null', '{}', '[]', '{"id":', 'x'.repeat(20_000), forged('AAAA')])(
    'signs nobody in: %#',
    async (answer) => {
      const browser = new Browser(web.app);
      await browser.post('/sign-in/passkey/options', {});
      expect((await browser.post('/sign-in/passkey', { answer })).status).toBe(400);
      expect((await browser.get('/waiting')).status).toBe(303);
    },
  );

  it('signs nobody in with a genuine challenge and a forged signature, nor without the browser that was asked', async () => {
    const browser = new Browser(web.app);
    const challenge = await challengeOf(await browser.post('/sign-in/passkey/options', {}));
    for (const visitor of [new Browser(web.app), browser]) {
      expect((await visitor.post('/sign-in/passkey', { answer: forged(challenge) })).status).toBe(400);
      expect((await visitor.get('/waiting')).status).toBe(303);
    }
    expect(web.events.filter(({ event }) => event === 'sign-in.refused')).toHaveLength(2);
  });

  it('approves nothing', async () => {
    const hold = web.desk.put(holdOf(web.nowMs()));
    const code = await web.links.issue(hold, 'maya');
    const browser = new Browser(web.app);
    const html = await (await browser.post('/review', { code })).text();
    expect(html).toContain('Approve with a passkey');
    const challenge = await challengeOf(await browser.post('/review/passkey', { code }));
    const form = { ...formFields(html, '/review/decision'), decision: 'approve', passkey: forged(challenge) };
    expect((await browser.post('/review/decision', form)).status).toBe(403);
    expect((await web.desk.get(hold.id))?.state).toBe('pending');
    expect((await web.links.check(code)).kind).toBe('valid');
  });

  it("removes nobody else's", async () => {
    const tom = new Browser(web.app);
    await tom.post('/sign-in/token', { token: 'token-of-tom' });
    const nonce = formFields(await (await tom.get('/me')).text(), '/passkeys').nonce ?? '';
    expect((await tom.post('/passkeys/remove', { id: passkey.id, nonce })).status).toBe(400);
    expect(await store.of('maya')).toHaveLength(1);
  });
});
