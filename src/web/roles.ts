/**
 * What each role may do. Everything a route does is one of these rights, and a route that names no right is public.
 */
import type { ReviewerConfig, ReviewerRole } from '../config.ts';

export type Right = 'see-holds' | 'decide' | 'see-evidence' | 'see-setup' | 'manage-agents';

const rights: Readonly<Record<ReviewerRole, readonly Right[]>> = {
  reviewer: ['see-holds', 'decide', 'see-evidence', 'see-setup'],
  auditor: ['see-holds', 'see-evidence', 'see-setup'],
  admin: ['see-holds', 'see-setup', 'manage-agents'],
};

export function rolesOf(reviewer: ReviewerConfig): readonly ReviewerRole[] {
  return reviewer.roles ?? ['reviewer'];
}

export function may(reviewer: ReviewerConfig, right: Right): boolean {
  return rolesOf(reviewer).some((role) => rights[role].includes(right));
}
