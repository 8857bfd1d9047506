/** The reviewers' side on a store of either kind, put together and not begun: for tests, and for measuring. */
import { HoldJobs, type JobParts } from '../../src/approval/jobs.ts';
import { HoldKeeper, type KeeperParts } from '../../src/approval/keeper.ts';
import { MailLinks } from '../../src/approval/links.ts';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import type { Store } from '../../src/store/open.ts';
import { reviewers as everybody } from './holds.ts';

export type HoldChange = Partial<JobParts & KeeperParts>;

export function holdParts(store: Store, change: HoldChange & Pick<KeeperParts, 'audit' | 'onProblem'>) {
  const { audit, onProblem, reviewers = () => everybody } = change;
  const keeper = new HoldKeeper({
    store: store.holds,
    reviewers,
    limits: defaultHoldLimits,
    grantMs: 60_000,
    ...(store.wake === undefined ? {} : { wake: store.wake }),
    ...change,
  });
  const links = new MailLinks({
    key: Buffer.alloc(32, 1),
    store: store.proofs,
    audit,
    getHold: (id) => keeper.get(id),
    reviewers,
  });
  const jobs = new HoldJobs({
    home: store.queues,
    keeper,
    links,
    messenger: undefined,
    reviewers,
    forgetExpired: (beforeMs) => store.proofs.forgetExpired(beforeMs),
    closeMs: 200,
    ...change,
    audit,
    onProblem,
  });
  return { keeper, links, jobs };
}
