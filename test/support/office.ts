/** Holds with their jobs on a store of either kind, at work, and a messenger that only writes down what it was given. */
import { onTestFinished } from 'vitest';
import type { Messenger, ReviewMessage } from '../../src/approval/delivery.ts';
import type { Hold } from '../../src/approval/hold.ts';
import type { HoldJobs } from '../../src/approval/jobs.ts';
import type { HoldKeeper } from '../../src/approval/keeper.ts';
import type { MailLinks } from '../../src/approval/links.ts';
import type { Store } from '../../src/store/open.ts';
import { type HoldChange, holdParts } from './hold-parts.ts';
import { MemoryAudit } from './holds.ts';

export interface Office {
  readonly keeper: HoldKeeper;
  readonly jobs: HoldJobs;
  readonly links: MailLinks;
  readonly audit: MemoryAudit;
  readonly problems: readonly unknown[];
  readonly mails: readonly ReviewMessage[];
  /** Who was told, and how that stands. */
  deliveries(hold: Hold): Promise<Readonly<Record<string, string>>>;
  close(): Promise<void>;
}

export async function openOffice(store: Store, change: HoldChange = {}): Promise<Office> {
  const audit = new MemoryAudit();
  const problems: unknown[] = [];
  const onProblem = (error: unknown) => void problems.push(error);
  const mails: ReviewMessage[] = [];
  const messenger: Messenger = {
    send: async (message) => void (message.kind === 'alarm' || mails.push(message)),
  };
  const { keeper, links, jobs } = holdParts(store, {
    audit,
    onProblem,
    messenger,
    rereadMs: 60_000,
    retry: { attempts: 3, firstDelayMs: 20 },
    ...change,
  });
  await jobs.start();
  await keeper.start(jobs);
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    keeper.close();
    await jobs.close();
    store.close();
  };
  onTestFinished(close);
  const deliveries = async (hold: Hold) =>
    Object.fromEntries(
      (await keeper.get(hold.id))?.deliveries?.map((d) => [d.channel === 'mail' ? d.reviewer : d.name, d.state]) ?? [],
    );
  return { keeper, jobs, links, audit, problems, mails, deliveries, close };
}
