/** A web in memory: real routes, memory desk, a clock in the test's hand, and requests as a browser of ours sends them. */
import type { Hono } from 'hono';
import type { AuditEvent } from '../../src/audit/event.ts';
import type { AgentConfig, ApiToken, ReviewerConfig, TargetConfig } from '../../src/config.ts';
import type { SessionSource, SignInMail, WebOptions } from '../../src/web/ports.ts';
import { sha256 } from '../../src/web/seal.ts';
import { createWeb } from '../../src/web/web.tsx';
import { MemoryDesk, MemoryDevices, MemoryLinks } from './desk.ts';
import { MemoryShelf } from './shelf.ts';

export const origin = 'https://bastion.example';

/** A token for everything its reviewer may do, as the plain line of the configuration says. */
export const anyToken = (secret: string): ApiToken => ({
  hash: sha256(secret),
  purpose: '',
  scopes: undefined,
  expiresAtMs: undefined,
});

export const people = {
  maya: { name: 'maya', email: 'maya@example.com', groups: ['sre'], apiTokens: [anyToken('token-of-maya')] },
  tom: { name: 'tom', email: 'tom@example.com', groups: ['sre'], apiTokens: [anyToken('token-of-tom')] },
  /** Owns deploy-bot. */
  olga: { name: 'olga', email: 'olga@example.com', groups: ['sre'], apiTokens: [anyToken('token-of-olga')] },
  /** In another group. */
  dan: { name: 'dan', email: 'dan@example.com', groups: ['dba'], apiTokens: [anyToken('token-of-dan')] },
  aud: {
    name: 'aud',
    email: 'aud@example.com',
    groups: [],
    roles: ['auditor'],
    apiTokens: [anyToken('token-of-aud')],
  },
  adm: {
    name: 'adm',
    email: 'adm@example.com',
    groups: ['sre'],
    roles: ['admin'],
    apiTokens: [anyToken('token-of-adm')],
  },
} satisfies Record<string, ReviewerConfig>;

export const agents: readonly AgentConfig[] = [
  {
    name: 'deploy-bot',
    owner: 'olga',
    keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl deploy-bot'],
    expiresAtMs: undefined,
    labels: { team: 'platform' },
    targets: { 'web-1': ['deploy'] },
    isDisabled: false,
  },
  {
    name: 'old-bot',
    owner: 'tom',
    keys: [],
    expiresAtMs: 1_700_000_000_000,
    labels: {},
    targets: {},
    isDisabled: true,
  },
];

export const targets: readonly TargetConfig[] = [
  {
    name: 'web-1',
    host: '10.0.0.11',
    port: 22,
    hostKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl',
    dialect: 'bash',
    labels: { env: 'prod' },
    defaultAccount: 'deploy',
    accounts: {
      deploy: { credential: { kind: 'key', file: '/etc/sallyport/keys/CANARY-web-1' }, home: '/home/deploy' },
    },
  },
];

const noSessions: SessionSource = {
  list: () => Promise.resolve({ sessions: [], next: undefined }),
  get: () => Promise.resolve(undefined),
  recording: () => Promise.resolve(undefined),
};

export interface TestWeb {
  readonly app: Hono;
  readonly options: WebOptions;
  readonly desk: MemoryDesk;
  readonly links: MemoryLinks;
  readonly devices: MemoryDevices;
  readonly events: AuditEvent[];
  readonly mails: SignInMail[];
  /** Everything the web reported as its own failure. */
  readonly failures: unknown[];
  nowMs(): number;
  pass(ms: number): void;
}

export function testWeb(overrides: Partial<WebOptions> & { readonly startMs?: number } = {}): TestWeb {
  let nowMs = overrides.startMs ?? Date.parse('2026-03-02T10:00:00Z');
  const clock = overrides.clock ?? (() => nowMs);
  const desk = new MemoryDesk(
    clock,
    Object.fromEntries(Object.values(people).map(({ name, groups }) => [name, groups])),
  );
  const events: AuditEvent[] = [];
  const audit = overrides.audit ?? {
    append: (event: AuditEvent) => {
      events.push(event);
      return Promise.resolve();
    },
  };
  const links = new MemoryLinks(desk, audit);
  const devices = new MemoryDevices();
  const mails: SignInMail[] = [];
  const failures: unknown[] = [];
  const options: WebOptions = {
    desk,
    links,
    devices,
    audit,
    shelf: new MemoryShelf(clock),
    reviewers: () => Object.values(people),
    agents: () => agents,
    targets: () => targets,
    policy: () => ({
      file: 'policies/default.yaml',
      text: 'version: 1\nunmatched: approve\nrules: []\n',
      hash: sha256('policy'),
      loadedAtMs: nowMs,
    }),
    sessions: noSessions,
    health: () => Promise.resolve([{ name: 'Audit log', state: 'ok', detail: 'written a moment ago' }]),
    sendSignInMail: (mail) => {
      mails.push(mail);
      return Promise.resolve();
    },
    publicUrl: () => origin,
    clock,
    secret: Buffer.alloc(32, 7),
    version: '0.0.0-test',
    onFailure: ({ error }) => failures.push(error),
    ...overrides,
  };
  const app = createWeb(options);
  return {
    app,
    options,
    desk,
    links,
    devices,
    events,
    mails,
    failures,
    nowMs: () => clock(),
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

/** A browser: keeps cookies, posts forms as our own pages do. */
export class Browser {
  readonly #app: Hono;
  readonly #jar = new Map<string, string>();

  constructor(app: Hono) {
    this.#app = app;
  }

  get cookies(): ReadonlyMap<string, string> {
    return this.#jar;
  }

  /** Takes another browser's cookies. */
  adopt(cookies: ReadonlyMap<string, string>): void {
    for (const [name, value] of cookies) this.#jar.set(name, value);
  }

  get(path: string, headers: Record<string, string> = {}) {
    return this.#send(path, { method: 'GET', headers });
  }

  post(
    path: string,
    fields: Readonly<Record<string, string>> | [string, string][],
    headers: Record<string, string> = {},
  ) {
    return this.#send(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin,
        'sec-fetch-site': 'same-origin',
        ...headers,
      },
      body: new URLSearchParams(fields).toString(),
    });
  }

  async #send(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    const cookie = [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = cookie === '' ? init.headers : { ...init.headers, cookie };
    const response = await this.#app.request(`${origin}${path}`, { ...init, headers }, connection);
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name === undefined || value === undefined) continue;
      if (value === '') this.#jar.delete(name);
      else this.#jar.set(name, value);
    }
    return response;
  }
}

/** What the node server adds to a request. */
export const connection = { incoming: { socket: { remoteAddress: '192.0.2.7' } } };

/** The hidden and visible fields of the first form that posts to `action`, with their values. */
export function formFields(html: string, action: string): Record<string, string> {
  const form = new RegExp(`<form[^>]*action="${action}"[\\s\\S]*?</form>`).exec(html)?.[0] ?? '';
  const fields: Record<string, string> = {};
  for (const [tag] of form.matchAll(/<input\b[^>]*>/g)) {
    const name = /\bname="([^"]*)"/.exec(tag)?.[1];
    const value = /\bvalue="([^"]*)"/.exec(tag)?.[1] ?? '';
    if (name !== undefined) fields[name] = unescaped(value);
  }
  return fields;
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
