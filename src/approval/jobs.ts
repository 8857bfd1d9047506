/**
 * What must happen around a hold, carried by BullMQ: mail to each reviewer and word to channels, with
 * retries, reminders, escalation, expiry, tidying; and the alarm when somebody approved outside the rule.
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
import { DeliveryError, type HoldEvent, type Messenger, type NoticeChannel, type NoticeKind } from './delivery.ts';
import type { ReviewLinks } from './desk.ts';
import { escalatesAtMs } from './escalation.ts';
import { brokenGlass } from './glass.ts';
import type { Delivery, Hold, Recipient } from './hold.ts';
import type { HoldErrands, HoldKeeper, Reviewer } from './keeper.ts';
import { deliveryTo, isEligible, isServedBy } from './state.ts';
import { askedLater, type Circle, type IsTold, planned, reachable, toldNow } from './telling.ts';

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
  readonly keeper: Pick<HoldKeeper, 'get' | 'expire' | 'escalate' | 'noteDelivery' | 'forgetDecided' | 'onChange'>;
  readonly links: ReviewLinks;
  /** Undefined when no mail server is configured: reviewers use the console. */
  readonly messenger: Messenger | undefined;
  /** Asked at every send, like reviewers. */
  readonly channels?: () => readonly NoticeChannel[];
  readonly reviewers: () => readonly Reviewer[];
  /** What the schedule says; absent tells everybody at any hour. */
  readonly isTold?: (who: Parameters<IsTold>[0], nowMs: number) => boolean;
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
/** A slow mail server, or one slow channel, must not make the others wait. */
const sendsAtOnce = 4;
/** A mail takes a second; a server that hangs shall not keep the process from ending. */
const defaultCloseMs = 3_000;
/** Who did not answer ten of them will not answer the eleventh. */
const maxReminders = 10;
const dayMs = 86_400_000;
/** What was decided longer ago is only in the audit log. */
const keptDays = 90;
/** Long enough for idempotent ids to do their work; short enough to keep the file small. */
const kept = { removeOnComplete: { age: 2 * 86_400, count: 10_000 }, removeOnFail: { age: 7 * 86_400, count: 10_000 } };

interface HoldJob {
  readonly hold: string;
  /** Exactly one of the two, in jobs that tell somebody. */
  readonly reviewer?: string;
  readonly channel?: string;
  readonly kind?: NoticeKind;
  /** Which reminder it is, from 1. */
  readonly round?: number;
  /** What is reported to a channel that wants to hear of it, instead of telling people. */
  readonly event?: HoldEvent;
}

/** One message to one recipient. */
interface Telling {
  readonly recipient: Recipient;
  /** False when this hold is not theirs any more. */
  readonly isWanted: boolean;
  send(): Promise<void>;
}

export class HoldJobs implements HoldErrands {
  readonly #parts: JobParts;
  readonly #now: () => number;
  readonly #retry: { readonly attempts: number; readonly firstDelayMs: number };
  readonly #mails: Queue<HoldJob, void, string, HoldJob, void, string, IQueueBackend>;
  readonly #notices: Queue<HoldJob, void, string, HoldJob, void, string, IQueueBackend>;
  readonly #chores: Queue<HoldJob, void, string, HoldJob, void, string, IQueueBackend>;
  #deaf: () => void = () => undefined;
  #workers: readonly Worker<HoldJob, void, string, IQueueBackend>[] = [];

  constructor(parts: JobParts) {
    const { home, onProblem } = parts;
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#retry = parts.retry ?? defaultRetry;
    const opts = { connection: home.producer, defaultJobOptions: kept, ...prefixOf(home) };
    // Three queues: a mail server that hangs may hold up mail, a channel that hangs channels, neither an expiry.
    this.#mails = new Queue('sallyport-mail', opts, home.factory);
    this.#notices = new Queue('sallyport-notices', opts, home.factory);
    this.#chores = new Queue('sallyport-holds', opts, home.factory);
    for (const queue of [this.#mails, this.#notices, this.#chores]) queue.on('error', onProblem);
  }

  /** Begins to work. Called after the keeper can answer. */
  async start(): Promise<void> {
    const { home, onProblem } = this.#parts;
    const opts = { connection: home.worker, maxStalledCount: 10, ...prefixOf(home) };
    this.#workers = [
      new Worker('sallyport-mail', (job) => this.#mail(job), { ...opts, concurrency: sendsAtOnce }, home.factory),
      new Worker('sallyport-notices', (job) => this.#notice(job), { ...opts, concurrency: sendsAtOnce }, home.factory),
      new Worker('sallyport-holds', (job) => this.#doChore(job), { ...opts, concurrency: 8 }, home.factory),
    ];
    for (const worker of this.#workers) worker.on('error', onProblem);
    this.#deaf = this.#parts.keeper.onChange((hold) => void this.#report(hold).catch(onProblem));
    await this.#chores.upsertJobScheduler('tidy', { every: dayMs / 24 }, { name: 'tidy', data: { hold: '' } });
  }

  /** Waits a moment for running sends; what is not done then comes back after a restart. */
  async close(): Promise<void> {
    this.#deaf();
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(resolve, this.#parts.closeMs ?? defaultCloseMs);
    });
    await Promise.race([Promise.all(this.#workers.map((worker) => worker.close())), patience]);
    clearTimeout(timer);
    await Promise.all([this.#mails, this.#notices, this.#chores].map((queue) => queue.close()));
  }

  plan(hold: Hold): readonly Delivery[] | undefined {
    if (!this.#canTell()) return undefined;
    const fresh = { state: 'queued', attempts: 0, atMs: this.#now() } as const;
    const { people, channels } = this.#toldNow(hold);
    return [
      ...people.map(({ name }) => ({ channel: 'mail' as const, reviewer: name, ...fresh })),
      ...channels.map(({ kind, name }) => ({ channel: kind, name, ...fresh })),
    ];
  }

  async announce(hold: Hold): Promise<void> {
    if (brokenGlass(hold) !== undefined) return this.#alarm(hold);
    const escalation = escalatesAtMs(hold);
    await this.#chores.addBulk([
      this.#chore('expire', hold, hold.expiresAtMs),
      ...this.#reminder(hold, 1),
      ...(escalation === undefined ? [] : [this.#chore('escalate', hold, escalation)]),
    ]);
    await this.#queueMessages(hold, this.#planned(hold), 'review');
  }

  /** To everybody, at any hour, whoever could have decided: that it was done is known to all, the owner too. */
  async #alarm(hold: Hold): Promise<void> {
    const { messenger, reviewers, channels } = this.#parts;
    const people = messenger === undefined ? [] : reviewers();
    await this.#queueMessages(hold, { people, channels: channels?.() ?? [] }, 'alarm');
  }

  /** The same id for the same chore, so that queueing it again changes nothing. */
  #chore(name: 'expire' | 'remind' | 'escalate', hold: Hold, atMs: number, round?: number) {
    const jobId = `${name}-${hold.id}${round === undefined ? '' : `-${round}`}`;
    const delay = Math.max(0, atMs - this.#now());
    return {
      name,
      data: { hold: hold.id, ...(round === undefined ? {} : { round }) },
      opts: { jobId, delay, attempts: 10, backoff: { type: 'exponential', delay: 500 } },
    };
  }

  /** When the rule does not say: one, when half of the time is gone. */
  #reminder(hold: Hold, round: number) {
    const { createdAtMs, expiresAtMs, remindAfterMs } = hold;
    const everyMs = remindAfterMs ?? Math.floor((expiresAtMs - createdAtMs) / 2);
    const atMs = createdAtMs + round * everyMs;
    const isLast = round > (remindAfterMs === undefined ? 1 : maxReminders);
    return !this.#canTell() || isLast || atMs >= expiresAtMs ? [] : [this.#chore('remind', hold, atMs, round)];
  }

  async #queueMessages(hold: Hold, { people, channels }: Circle, kind: NoticeKind, round = 1): Promise<void> {
    const { attempts, firstDelayMs } = this.#retry;
    const jobFor = (name: string, to: Pick<HoldJob, 'reviewer' | 'channel'>) => ({
      name: 'tell',
      data: { hold: hold.id, ...to, kind, round },
      opts: {
        jobId: `${kind}-${round}-${hold.id}-${Buffer.from(name).toString('base64url')}`,
        attempts,
        backoff: { type: 'exponential', delay: firstDelayMs },
      },
    });
    await this.#mails.addBulk(people.map(({ name }) => jobFor(name, { reviewer: name })));
    await this.#notices.addBulk(channels.map(({ name }) => jobFor(name, { channel: name })));
  }

  async #doChore(job: Job<HoldJob, void, string>): Promise<void> {
    if (job.name === 'tidy') {
      await this.#parts.keeper.forgetDecided(this.#now() - keptDays * dayMs);
      return this.#parts.forgetExpired(this.#now() - dayMs);
    }
    if (job.name === 'expire') {
      await this.#parts.keeper.expire(job.data.hold);
      const ended = await this.#parts.keeper.get(job.data.hold);
      if (ended === undefined) return;
      // A crash may have come between a decision and its report or alarm; by now there is one.
      if (brokenGlass(ended) !== undefined) await this.#alarm(ended);
      return this.#report(ended);
    }
    if (job.name === 'escalate') return this.#escalate(job.data.hold);
    const hold = await this.#parts.keeper.get(job.data.hold);
    if (hold?.state !== 'pending') return;
    const round = job.data.round ?? 1;
    // The next one first: when this one fails half-way, it is tried again as a whole.
    await this.#chores.addBulk(this.#reminder(hold, round + 1));
    await this.#queueMessages(hold, this.#toldNow(hold), 'reminder', round);
  }

  /** The hold says who was told; a second run queues the same messages under the same ids. */
  async #escalate(id: string): Promise<void> {
    const hold = await this.#parts.keeper.escalate(id);
    if (hold?.state !== 'pending' || hold.escalation?.doneAtMs === undefined) return;
    await this.#queueMessages(hold, planned(hold, askedLater(hold, this.#everybody(hold))), 'escalation');
  }

  async #mail(job: Job<HoldJob, void, string>): Promise<void> {
    const { messenger, keeper, links } = this.#parts;
    const hold = await keeper.get(job.data.hold);
    const reviewer = this.#parts.reviewers().find(({ name }) => name === job.data.reviewer);
    const { kind = 'review', round = 1 } = job.data;
    if (hold === undefined || reviewer === undefined || messenger === undefined) return;
    const recipient = { channel: 'mail' as const, reviewer: reviewer.name };
    if (kind === 'alarm') return this.#try(job, hold, recipient, () => messenger.send({ kind, hold, reviewer }));
    await this.#tell(job, hold, {
      recipient,
      // Asked again at the moment of sending: a reviewer who became the owner, or decided meanwhile, gets no mail.
      isWanted: isEligible(hold, reviewer) && isOpenFor(hold)(reviewer),
      send: async () => messenger.send({ kind, round, hold, reviewer, token: await links.issue(hold, reviewer.name) }),
    });
  }

  /** Queues what became of a hold for the channels that want to hear of it; the same id for the same event. */
  async #report(hold: Hold): Promise<void> {
    if (hold.state === 'pending' && hold.version > 1) return;
    const event: HoldEvent = hold.state === 'pending' ? 'hold.created' : `hold.${hold.state}`;
    const wanting = (this.#parts.channels?.() ?? []).filter(
      ({ groups, report }) => report?.events.includes(event) && isServedBy(hold, groups),
    );
    const { attempts, firstDelayMs } = this.#retry;
    const jobs = wanting.map(({ name }) => ({
      name: 'report',
      data: { hold: hold.id, channel: name, event },
      opts: {
        jobId: `${event}-${hold.id}-${Buffer.from(name).toString('base64url')}`,
        attempts,
        backoff: { type: 'exponential', delay: firstDelayMs },
      },
    }));
    if (jobs.length > 0) await this.#notices.addBulk(jobs);
  }

  async #sendReport(job: Job<HoldJob, void, string>, event: HoldEvent): Promise<void> {
    const hold = await this.#parts.keeper.get(job.data.hold);
    const channel = this.#parts.channels?.().find(({ name }) => name === job.data.channel);
    if (hold === undefined || channel?.report?.events.includes(event) !== true) return;
    await this.#try(job, hold, recipientOf(channel), () => channel.report?.send(event, hold));
  }

  async #notice(job: Job<HoldJob, void, string>): Promise<void> {
    if (job.data.event !== undefined) return this.#sendReport(job, job.data.event);
    const hold = await this.#parts.keeper.get(job.data.hold);
    if (hold === undefined) return;
    const channel = this.#parts.channels?.().find(({ name }) => name === job.data.channel);
    const { kind = 'review', round = 1 } = job.data;
    if (kind === 'alarm')
      return channel && this.#try(job, hold, recipientOf(channel), () => channel.send({ kind, hold }));
    const before = hold.deliveries?.find(
      (delivery) => delivery.channel !== 'mail' && delivery.name === job.data.channel,
    );
    if (channel === undefined) {
      // Taken out of the configuration: who waits must not believe that it is still being tried.
      const isOpen = before?.state === 'queued' || before?.state === 'retrying';
      if (isOpen) await this.#note(hold, before, job, 'failed', 'no longer in the configuration');
      return;
    }
    await this.#tell(job, hold, {
      recipient: recipientOf(channel),
      isWanted: isServedBy(hold, channel.groups),
      send: () => channel.send({ kind, round, hold }),
    });
  }

  async #tell(job: Job<HoldJob, void, string>, hold: Hold, { recipient, isWanted, send }: Telling): Promise<void> {
    const before = deliveryTo(hold, recipient);
    if (job.data.kind !== 'reminder' && before?.state === 'delivered') return;
    if (hold.state !== 'pending' || !isWanted) {
      if (before?.state === 'retrying') await this.#note(hold, recipient, job, 'failed', 'too late', before.attempts);
      return;
    }
    await this.#try(job, hold, recipient, send);
  }

  async #try(
    job: Job<HoldJob, void, string>,
    hold: Hold,
    recipient: Recipient,
    send: () => Promise<void> | undefined,
  ): Promise<void> {
    try {
      await send();
    } catch (error) {
      const isHopeless = error instanceof DeliveryError && error.code === 'DELIVERY_REJECTED';
      const isLast = isHopeless || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
      const reason = error instanceof DeliveryError ? error.message : 'the message could not be made';
      await this.#note(hold, recipient, job, isLast ? 'failed' : 'retrying', reason);
      // BullMQ stores what is thrown: only our own words, never the original with its protocol lines.
      throw isHopeless ? new UnrecoverableError(reason) : new Error(reason);
    }
    await this.#note(hold, recipient, job, 'delivered');
  }

  async #note(
    hold: Hold,
    to: Recipient,
    job: Job<HoldJob, void, string>,
    state: 'retrying' | 'delivered' | 'failed',
    reason?: string,
    attempts = job.attemptsMade + 1,
  ): Promise<void> {
    const facts = { attempts, ...(reason === undefined ? {} : { reason }) };
    if (state !== 'retrying') {
      const end = state === 'delivered' ? 'sent' : 'failed';
      await this.#parts.audit.append(
        to.channel === 'mail'
          ? { event: `mail.${end}`, hold: hold.id, reviewer: to.reviewer, ...facts }
          : { event: `notice.${end}`, hold: hold.id, to: to.name, ...facts },
      );
    }
    // The hold says who knew that it waits, once each.
    if (job.data.kind === 'reminder' || job.data.kind === 'alarm' || job.data.event !== undefined) return;
    const who =
      to.channel === 'mail' ? { channel: to.channel, reviewer: to.reviewer } : { channel: to.channel, name: to.name };
    await this.#parts.keeper.noteDelivery(hold.id, { ...who, state, ...facts, atMs: this.#now() });
  }

  #canTell(): boolean {
    return this.#parts.messenger !== undefined || (this.#parts.channels?.() ?? []).length > 0;
  }

  /** Who has decided is not told again. */
  #everybody(hold: Hold): Circle {
    const { messenger, reviewers, channels } = this.#parts;
    const people = messenger === undefined ? [] : reviewers().filter(isOpenFor(hold));
    return { people, channels: channels?.() ?? [] };
  }

  #toldNow(hold: Hold): Circle {
    const { isTold = () => true } = this.#parts;
    const nowMs = this.#now();
    return toldNow(hold, this.#everybody(hold), (who) => isTold(who, nowMs));
  }

  /** The hold says who is told: a later hour, or a restart, changes nothing. */
  #planned(hold: Hold): Circle {
    if (hold.deliveries === undefined) return this.#toldNow(hold);
    return planned(hold, reachable(hold, this.#everybody(hold)));
  }
}

function recipientOf({ kind, name }: NoticeChannel): Recipient {
  return { channel: kind, name };
}

/** Whether this person has not decided. */
function isOpenFor(hold: Hold): (reviewer: Reviewer) => boolean {
  return ({ name }) => !hold.decisions.some(({ reviewer }) => reviewer === name);
}

function prefixOf({ prefix }: QueueHome): { readonly prefix?: string } {
  return prefix === undefined ? {} : { prefix };
}
