/**
 * Who may open which page of the console. A page names the right it needs; without a session there is only the sign-in.
 */
import type { Context } from 'hono';
import type { ReviewerConfig } from '../config.ts';
import type { WebOptions } from './ports.ts';
import { formOf } from './request.ts';
import type { ReviewerSessions, SignedIn } from './reviewer-sessions.ts';
import { may, type Right } from './roles.ts';
import type { Seal } from './seal.ts';
import { type Frame, type Message, MessageCard, page } from './views/layout.tsx';

export interface Visitor {
  readonly reviewer: ReviewerConfig;
  readonly session: SignedIn;
}

export interface ConsoleParts {
  readonly options: WebOptions;
  readonly seal: Seal;
  readonly sessions: ReviewerSessions;
}

type Handler = (c: Context, visitor: Visitor) => Response | Promise<Response>;
type PostHandler = (c: Context, visitor: Visitor, form: ReadonlyMap<string, string>) => Response | Promise<Response>;
export type PageStatus = 200 | 400 | 403 | 404 | 409 | 410 | 422 | 429 | 500;

/** Forms of the console live as long as a working day. */
const formLifetimeMs = 12 * 3_600_000;

export class Guard {
  readonly #parts: ConsoleParts;

  constructor(parts: ConsoleParts) {
    this.#parts = parts;
  }

  async visitor(c: Context): Promise<Visitor | undefined> {
    const session = await this.#parts.sessions.read(c);
    const reviewer = this.#parts.options.reviewers().find(({ name }) => name === session?.reviewer);
    return session === undefined || reviewer === undefined ? undefined : { session, reviewer };
  }

  /** A page for those with this right; others are sent to sign in, or told that they may not. */
  page(right: Right | undefined, handle: Handler) {
    return async (c: Context): Promise<Response> => {
      const visitor = await this.visitor(c);
      if (visitor === undefined) {
        if (c.req.method === 'GET' || c.req.method === 'HEAD') {
          return c.redirect(`/sign-in?next=${encodeURIComponent(c.req.path)}`, 303);
        }
        return this.say(c, 403, undefined, {
          tone: 'bad',
          heading: 'You are signed out',
          lines: ['Nothing was done. Sign in again.'],
        });
      }
      if (right !== undefined && !may(visitor.reviewer, right)) {
        return this.say(c, 403, visitor, {
          tone: 'bad',
          heading: 'Not for your role',
          lines: [`Your roles do not include the right “${right}”. An admin of this bastion can change that.`],
        });
      }
      return handle(c, visitor);
    };
  }

  /** The same for a form, which has to carry the nonce of the page that showed it. */
  form(
    right: Right | undefined,
    boundTo: (c: Context, form: ReadonlyMap<string, string>) => readonly string[],
    handle: PostHandler,
  ) {
    return this.page(right, async (c, visitor) => {
      const form = await formOf(c);
      const fields = [visitor.session.key, ...boundTo(c, form)];
      if (!this.#parts.seal.isGenuine(form.get('nonce') ?? '', 'console-form', fields)) {
        return this.say(c, 400, visitor, {
          tone: 'bad',
          heading: 'Nothing was done',
          lines: ['This page is too old or was shown to somebody else. Open it again.'],
        });
      }
      return handle(c, visitor, form);
    });
  }

  nonce(visitor: Visitor, boundTo: readonly string[]): string {
    return this.#parts.seal.issue('console-form', [visitor.session.key, ...boundTo], formLifetimeMs);
  }

  async show(
    c: Context,
    visitor: Visitor | undefined,
    frame: Omit<Frame, 'nav'> & { readonly current?: string; readonly status?: PageStatus },
    body: Parameters<typeof page>[1],
  ): Promise<Response> {
    const { current, status, ...rest } = frame;
    if (visitor === undefined) return c.html(page(rest, body), status ?? 200);
    const waiting = await this.#waiting();
    const nav = { reviewer: visitor.reviewer.name, current: current ?? '', waiting };
    return c.html(page({ scripts: ['review.js', 'console.js'], wide: true, ...rest, nav }, body), status ?? 200);
  }

  say(c: Context, status: PageStatus, visitor: Visitor | undefined, message: Message): Promise<Response> {
    return this.show(c, visitor, { title: message.heading, status }, <MessageCard message={message} />);
  }

  /** How many wait, for the navigation: exact up to a page, which is more than anybody reads. */
  async #waiting(): Promise<number> {
    const query = { state: 'pending', agent: undefined, limit: 100, cursor: undefined } as const;
    return (await this.#parts.options.desk.list(query)).holds.length;
  }
}
