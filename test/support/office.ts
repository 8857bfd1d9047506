/** Holds with their jobs on a store of either kind, and a messenger that only writes down what it was given. */
import { onTestFinished } from 'vitest';
import type { Messenger, ReviewMessage } from '../../src/approval/delivery.ts';
import { HoldJobs, type JobParts } from '../../src/approval/jobs.ts';
import { HoldKeeper, type KeeperParts } from '../../src/approval/keeper.ts';
import { MailLinks } from '../../src/approval/links.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import type { Store } from '../../src/store/open.ts';
import { MemoryAudit, reviewers } from './holds.ts';

export interface Office {
  readonly keeper: HoldKeeper;
  readonly jobs: HoldJobs;
  readonly audit: MemoryAudit;
  readonly problems: readonly unknown[];
  readonly mails: readonly ReviewMessage[];
  close(): Promise<void>;
}

export async function openOffice(
  store: Store,
  change: Partial<JobParts & Pick<KeeperParts, 'breakGlass'>> = {},
): Promise<Office> {
  const audit = new MemoryAudit();
  const problems: unknown[] = [];
  const onProblem = (error: unknown) => void problems.push(error);
  const mails: ReviewMessage[] = [];
  const messenger: Messenger = {
    send: async (message) => void (message.kind === 'alarm' || mails.push(message)),
  };
  const keeper = new HoldKeeper({
    store: store.holds,
    audit,
    reviewers: change.reviewers ?? (() => reviewers),
    limits: defaultHoldLimits,
    grantMs: 60_000,
    rereadMs: 60_000,
    onProblem,
    ...(change.breakGlass === undefined ? {} : { breakGlass: change.breakGlass }),
    ...(store.wake === undefined ? {} : { wake: store.wake }),
  });
  const links = new MailLinks({
    key: Buffer.alloc(32, 1),
    store: store.proofs,
    audit,
    getHold: (id) => keeper.get(id),
    reviewers: () => reviewers,
  });
  const jobs = new HoldJobs({
    home: store.queues,
    keeper,
    links,
    messenger,
    reviewers: () => reviewers,
    audit,
    forgetExpired: (beforeMs) => store.proofs.forgetExpired(beforeMs),
    onProblem,
    retry: { attempts: 3, firstDelayMs: 20 },
    closeMs: 200,
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
    await store.close();
  };
  onTestFinished(close);
  return { keeper, jobs, audit, problems, mails, close };
}
