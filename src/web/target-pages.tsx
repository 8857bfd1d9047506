/** Targets: what there is to reach, and how its identity is known. Shows, and changes nothing. */
import type { Hono } from 'hono';
import type { ConsoleParts, Guard } from './guard.tsx';
import { type ListTerms, pageOf, readListQuery } from './list-query.ts';
import { TargetList } from './views/targets.tsx';

const listTerms = { sorts: ['name', 'host'], filters: ['all'] } satisfies ListTerms<'name' | 'host'>;

export function addTargetPages(app: Hono, { options, guard }: ConsoleParts & { readonly guard: Guard }): void {
  app.get(
    '/targets',
    guard.page('see-setup', (c, visitor) => {
      const query = readListQuery(c, listTerms);
      const targets = options.targets();
      const fitting = targets.filter(({ name, host, labels }) => {
        const words = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
        return [name, host, ...words].join('\n').toLowerCase().includes(query.words);
      });
      const list = pageOf(fitting, query, { name: ({ name }) => name, host: ({ host }) => host });
      const terms = { list, query, hasAny: targets.length > 0 };
      return guard.show(c, visitor, { title: 'Targets', current: '/targets' }, <TargetList {...terms} />);
    }),
  );
}
