/**
 * Tells open console pages that something changed, by server-sent events. Events name a hold and its state and nothing
 * else: the page asks again for what it shows, with its own rights.
 *
 * INVARIANT: a stream ends with its session; streams are counted, and a slow one is never waited for.
 */
import type { Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { Hold } from '../approval/hold.ts';
import type { Clock } from './clock.ts';
import type { ConsoleParts, Guard } from './guard.tsx';

/** Every open page holds a connection of the server's. */
const maxStreams = 200;
const maxStreamsPerSession = 8;
/** Under the time after which proxies give up on a silent connection. */
const beatMs = 20_000;

/** Older than this, it waited before: a hold of another node is first heard of within a second. */
const newForMs = 60_000;
/** More than are opened in that time. */
const maxRemembered = 10_000;

interface LiveEvent {
  readonly event: string;
  readonly data: string;
}

interface Listener {
  readonly session: string;
  /** Of several with one `key`, a page that was slow needs the latest only. */
  wake(key: string, event: LiveEvent): void;
}

export class LiveChanges {
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  /** Holds that were told as new. A version does not say: another node reads a hold when it has changed already. */
  readonly #told = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Undefined when there are too many. */
  listen(session: string, wake: Listener['wake']): (() => void) | undefined {
    const own = [...this.#listeners].filter((listener) => listener.session === session);
    if (this.#listeners.size >= maxStreams || own.length >= maxStreamsPerSession) return undefined;
    const listener = { session, wake };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(hold: Hold): void {
    const isNew = this.#isNew(hold);
    const data = JSON.stringify({ id: hold.id, state: hold.state, isNew, agent: hold.action.agent });
    for (const { wake } of this.#listeners) wake(isNew ? 'new hold' : 'hold', { event: 'hold', data });
  }

  #isNew({ id, state, createdAtMs }: Hold): boolean {
    if (state !== 'pending' || createdAtMs < this.#clock() - newForMs || this.#told.has(id)) return false;
    this.#told.add(id);
    const oldest = this.#told.size > maxRemembered ? this.#told.values().next().value : undefined;
    if (oldest !== undefined) this.#told.delete(oldest);
    return true;
  }
}

export function addLive(app: Hono, { options, sessions, guard }: ConsoleParts & { readonly guard: Guard }): void {
  const changes = new LiveChanges(options.clock);
  options.desk.onChange((hold) => changes.changed(hold));

  app.get(
    '/events',
    guard.page('see-holds', (c: Context, visitor) => {
      // A HEAD would open a stream that nobody reads or closes.
      if (c.req.method === 'HEAD') return c.body(null);
      const { key } = visitor.session;
      // While the store is away nothing can be shown; the page comes back by itself.
      const isSignedIn = () => sessions.isOpen(key).catch(() => false);
      // The latest of each kind is enough: a page that was slow asks again once.
      const pending = new Map<string, LiveEvent>();
      let wake: () => void = () => undefined;
      const stop = changes.listen(key, (kind, event) => {
        pending.set(kind, event);
        wake();
      });
      if (stop === undefined) return c.text('Too many open pages.\n', 503);
      return streamSSE(c, async (stream) => {
        let isOpen = true;
        stream.onAbort(() => {
          isOpen = false;
          stop();
          wake();
        });
        await stream.writeSSE({ event: 'open', data: '{}', retry: 3_000 });
        while (isOpen && (await isSignedIn())) {
          if (pending.size === 0) {
            await new Promise<void>((resolve) => {
              const beat = setTimeout(resolve, beatMs);
              wake = () => {
                clearTimeout(beat);
                resolve();
              };
            });
          }
          const events = [...pending.values()];
          pending.clear();
          if (!isOpen || !(await isSignedIn())) break;
          if (events.length === 0) await stream.writeSSE({ event: 'beat', data: '{}' });
          for (const event of events) await stream.writeSSE({ ...event });
        }
        stop();
      });
    }),
  );
}
