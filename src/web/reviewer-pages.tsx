/** Reviewers: who decides, who is on call, and how people decided lately. Shows, and changes nothing. */
import type { Hono } from 'hono';
import type { ConsoleParts, Guard } from './guard.tsx';
import { type ListTerms, pageOf, readListQuery } from './list-query.ts';
import { ReviewerList } from './views/reviewers.tsx';

const listTerms = {
  sorts: ['name', 'decisions', 'time'],
  filters: ['all'],
} satisfies ListTerms<'name' | 'decisions' | 'time'>;

export function addReviewerPages(app: Hono, { options, guard }: ConsoleParts & { readonly guard: Guard }): void {
  app.get(
    '/reviewers',
    guard.page('see-setup', (c, visitor) => {
      const query = readListQuery(c, listTerms);
      const nowMs = options.clock();
      const people = options.reviewers().map((reviewer) => ({
        reviewer,
        figures: options.reviewerFigures?.(reviewer.name, nowMs),
      }));
      const fitting = people.filter(({ reviewer: { name, email, groups } }) =>
        [name, email, ...groups].join('\n').toLowerCase().includes(query.words),
      );
      const list = pageOf(fitting, query, {
        name: ({ reviewer }) => reviewer.name,
        decisions: ({ figures }) => (figures?.approvals ?? 0) + (figures?.rejections ?? 0),
        time: ({ figures }) => figures?.medianMs ?? 0,
      });
      const terms = { list, query, hasAny: people.length > 0, onCall: options.onCall?.(nowMs) ?? [] };
      return guard.show(c, visitor, { title: 'Reviewers', current: '/reviewers' }, <ReviewerList {...terms} />);
    }),
  );
}
