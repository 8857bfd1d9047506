/** Who decides on a held action and for how long, as the policy says. */
import type { ReviewTerms } from '../policy/decision.ts';
import type { HoldRequest } from './ports.ts';

type Terms = Pick<
  HoldRequest,
  'groups' | 'quorum' | 'allOf' | 'reasonRequired' | 'minReasonLength' | 'expiresInMs' | 'remindAfterMs' | 'escalation'
>;

/** Without terms nobody has time to answer, so that it expires. */
export function termsOf(review: ReviewTerms | undefined): Terms {
  const { allOf, remindAfterMs, escalation } = review ?? {};
  return {
    groups: review?.groups ?? [],
    quorum: review?.quorum ?? 1,
    reasonRequired: review?.reason === 'required',
    minReasonLength: review?.minReasonLength ?? 0,
    expiresInMs: review?.expiresInMs ?? 0,
    ...(allOf === undefined ? {} : { allOf }),
    ...(remindAfterMs === undefined ? {} : { remindAfterMs }),
    ...(escalation === undefined ? {} : { escalation }),
  };
}
