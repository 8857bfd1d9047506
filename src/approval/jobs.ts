/**
 * What must happen around a hold, carried by BullMQ: mail to each reviewer with retries, one reminder, expiry, tidying.
 *
 * A job may run twice (a crash between doing and noting it), so every handler looks at the hold first: what was
 * delivered is not sent again, what was decided is not announced, and a twin mail has the same Message-ID.
 *
 * INVARIANT: no job decides. The worst a lost or doubled job can do is a missing or a second mail.
 */
import {
  type BackendFactory,
  type ConnectionOptions,
  type IQueueBackend,
  type Job,
  Queue,
  UnrecoverableError,
  Worker,
} from 'bullmq';
import type { AuditSink } from '../gate/ports.ts';
import { DeliveryError, type Messenger } from './delivery.ts';
import type { ReviewLinks } from './desk.ts';
import type { Delivery, Hold } from './hold.ts';
import type { HoldErrands, HoldKeeper, Reviewer } from './keeper.ts';
import { isEligible } from './state.ts';

/** Where BullMQ keeps its queues. Producers must fail fast, workers must wait for ever: on Redis two connections. */
export interface QueueHome {
  readonly factory: BackendFactory<IQueueBackend>;
  readonly producer: ConnectionOptions;
  readonly worker: ConnectionOptions;
  /** Redis Cluster needs all keys of one queue in one slot: `{sallyport}`. */
  readonly prefix?: string;
}

export interface JobParts {
  readonly home: QueueHome;
  readonly keeper: Pick<HoldKeeper, 'get' | 'expire' | 'noteDelivery' | 'forgetDecided'>;
  readonly links: ReviewLinks;
  /** Undefined when no mail server is configured: reviewers use the console. */
  readonly messenger: Messenger | undefined;
  readonly reviewers: () => readonly Reviewer[];
  readonly audit: AuditSink;
  /** Drops expired links, devices and challenges. */
  readonly forgetExpired: (beforeMs: number) => Promise<void>;
  readonly onProblem: (error: unknown) => void;
  readonly now?: () => number;
  readonly closeMs?: number;
  readonly retry?: { readonly attempts: number; readonly firstDelayMs: number };
}

/** 2, 4, 8 … 128 seconds: a mail server that restarts is back before a quarter of an hour has passed. */
const defaultRetry = { attempts: 8, firstDelayMs: 2_000 };
/** A slow mail server must not make the others wait. */
const mailsAtOnce = 4;
/** A mail takes a second; a server that hangs shall not keep the process from ending. */
const defaultCloseMs = 3_000;
const dayMs = 86_400_000;
/** What was decided longer ago is only in the audit log. */
const keptDays = 90;
/** Long enough for idempotent ids to do their work; short enough to keep the file small. */
const kept = { removeOnComplete: { age: 2 * 86_400, count: 10_000 }, removeOnFail: { age: 7 * 86_400, count: 10_000 } };

interface HoldJob {
  readonly hold: string;
  readonly reviewer?: string;
  readonly kind?: 'review' | 'reminder';
}

export class HoldJobs implements HoldErrands {
  readonly #parts: JobParts;
  readonly #now: () => number;
  readonly #retry: { readonly attempts: number; readonly firstDelayMs: number };
  readonly #mails: Queue<HoldJob, void, string, HoldJob, void, string, IQueueBackend>;
  readonly #chores: Queue<HoldJob, void, string, HoldJob, void, string, IQueueBackend>;
  #workers: readonly Worker<HoldJob, void, string, IQueueBackend>[] = [];

  constructor(parts: JobParts) {
    const { home, onProblem } = parts;
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#retry = parts.retry ?? defaultRetry;
    const opts = { connection: home.producer, defaultJobOptions: kept, ...prefixOf(home) };
    // Two queues: a mail server that hangs may hold up mail, never an expiry.
    this.#mails = new Queue('sallyport-mail', opts, home.factory);
    this.#chores = new Queue('sallyport-holds', opts, home.factory);
    for (const queue of [this.#mails, this.#chores]) queue.on('error', onProblem);
  }

  /** Begins to work. Called after the keeper can answer. */
  async start(): Promise<void> {
    const { home, onProblem } = this.#parts;
    const opts = { connection: home.worker, maxStalledCount: 10, ...prefixOf(home) };
    this.#workers = [
      new Worker('sallyport-mail', (job) => this.#mail(job), { ...opts, concurrency: mailsAtOnce }, home.factory),
      new Worker('sallyport-holds', (job) => this.#chore(job), { ...opts, concurrency: 8 }, home.factory),
    ];
    for (const worker of this.#workers) worker.on('error', onProblem);
    await this.#chores.upsertJobScheduler('tidy', { every: dayMs / 24 }, { name: 'tidy', data: { hold: '' } });
  }

  /** Waits a moment for running sends; what is not done then comes back after a restart. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, this.#parts.closeMs ?? defaultCloseMs);
    });
    await Promise.race([Promise.all(this.#workers.map((worker) => worker.close())), patience]);
    clearTimeout(timer);
    await Promise.all([this.#mails.close(), this.#chores.close()]);
  }

  plan(hold: Hold): readonly Delivery[] | undefined {
    if (this.#parts.messenger === undefined) return undefined;
    const atMs = this.#now();
    return this.#eligible(hold).map(({ name }) => ({
      channel: 'mail',
      reviewer: name,
      state: 'queued',
      attempts: 0,
      atMs,
    }));
  }

  async announce(hold: Hold): Promise<void> {
    const leftMs = Math.max(0, hold.expiresAtMs - this.#now());
    const chore = (name: 'expire' | 'remind', delay: number) => ({
      name,
      data: { hold: hold.id },
      opts: { jobId: `${name}-${hold.id}`, delay, attempts: 10, backoff: { type: 'exponential', delay: 500 } },
    });
    // One reminder, when half of the time is gone.
    const reminders = this.#parts.messenger === undefined ? [] : [chore('remind', Math.floor(leftMs / 2))];
    await this.#chores.addBulk([chore('expire', leftMs), ...reminders]);
    if (this.#parts.messenger !== undefined) await this.#queueMails(hold, this.#eligible(hold), 'review');
  }

  async #queueMails(hold: Hold, reviewers: readonly Reviewer[], kind: 'review' | 'reminder'): Promise<void> {
    const { attempts, firstDelayMs } = this.#retry;
    await this.#mails.addBulk(
      reviewers.map(({ name }) => ({
        name: 'mail',
        data: { hold: hold.id, reviewer: name, kind },
        opts: {
          jobId: `${kind}-${hold.id}-${Buffer.from(name).toString('base64url')}`,
          attempts,
          backoff: { type: 'exponential', delay: firstDelayMs },
        },
      })),
    );
  }

  async #chore(job: Job<HoldJob, void, string>): Promise<void> {
    if (job.name === 'tidy') {
      await this.#parts.keeper.forgetDecided(this.#now() - keptDays * dayMs);
      return this.#parts.forgetExpired(this.#now() - dayMs);
    }
    if (job.name === 'expire') return this.#parts.keeper.expire(job.data.hold);
    const hold = await this.#parts.keeper.get(job.data.hold);
    if (hold?.state !== 'pending') return;
    const decided = new Set(hold.decisions.map(({ reviewer }) => reviewer));
    const waiting = this.#eligible(hold).filter(({ name }) => !decided.has(name));
    await this.#queueMails(hold, waiting, 'reminder');
  }

  async #mail(job: Job<HoldJob, void, string>): Promise<void> {
    const { messenger, keeper, links } = this.#parts;
    const hold = await keeper.get(job.data.hold);
    const reviewer = this.#parts.reviewers().find(({ name }) => name === job.data.reviewer);
    const kind = job.data.kind ?? 'review';
    if (hold === undefined || reviewer === undefined || messenger === undefined) return;
    const before = hold.deliveries?.find((delivery) => delivery.reviewer === reviewer.name);
    if (kind === 'review' && before?.state === 'delivered') return;
    // Asked again at the moment of sending: a reviewer who became the owner gets no mail.
    if (hold.state !== 'pending' || !isEligible(hold, reviewer)) {
      if (before?.state === 'retrying') await this.#note(hold, reviewer, kind, 'failed', before.attempts, 'too late');
      return;
    }
    const attempts = job.attemptsMade + 1;
    try {
      await messenger.send({ kind, hold, reviewer, token: await links.issue(hold, reviewer.name) });
    } catch (error) {
      const isHopeless = error instanceof DeliveryError && error.code === 'DELIVERY_REJECTED';
      const isLast = isHopeless || attempts >= (job.opts.attempts ?? 1);
      const reason = error instanceof DeliveryError ? error.message : 'the message could not be made';
      await this.#note(hold, reviewer, kind, isLast ? 'failed' : 'retrying', attempts, reason);
      // BullMQ stores what is thrown: only our own words, never the original with its protocol lines.
      throw isHopeless ? new UnrecoverableError(reason) : new Error(reason);
    }
    await this.#note(hold, reviewer, kind, 'delivered', attempts);
  }

  async #note(
    hold: Hold,
    { name }: Reviewer,
    kind: 'review' | 'reminder',
    state: 'retrying' | 'delivered' | 'failed',
    attempts: number,
    reason?: string,
  ): Promise<void> {
    const why = reason === undefined ? {} : { reason };
    if (state !== 'retrying') {
      const event = state === 'delivered' ? 'mail.sent' : 'mail.failed';
      await this.#parts.audit.append({ event, hold: hold.id, reviewer: name, attempts, ...why });
    }
    if (kind === 'reminder') return;
    const delivery: Delivery = { channel: 'mail', reviewer: name, state, attempts, atMs: this.#now(), ...why };
    await this.#parts.keeper.noteDelivery(hold.id, delivery);
  }

  #eligible(hold: Hold): readonly Reviewer[] {
    return this.#parts.reviewers().filter((reviewer) => isEligible(hold, reviewer));
  }
}

function prefixOf({ prefix }: QueueHome): { readonly prefix?: string } {
  return prefix === undefined ? {} : { prefix };
}
