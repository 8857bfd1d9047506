/**
 * How lists of the console are filtered, sorted and paged, from the address.
 *
 * INVARIANT: sorts only by the fields a page names; anything else is as if it were not there.
 */
import type { Context } from 'hono';

export const pageSize = 50;
const maxQueryLength = 100;

export interface ListQuery<Sort extends string> {
  /** Lower case; empty means all. */
  readonly words: string;
  readonly sort: Sort;
  readonly isDown: boolean;
  readonly filter: string;
  readonly page: number;
}

export interface ListTerms<Sort extends string> {
  /** The first is the default. */
  readonly sorts: readonly [Sort, ...Sort[]];
  /** The first is the default. */
  readonly filters: readonly [string, ...string[]];
}

export function readListQuery<Sort extends string>(c: Context, terms: ListTerms<Sort>): ListQuery<Sort> {
  const asked = c.req.query('sort') ?? '';
  const page = Number(c.req.query('page') ?? '1');
  return {
    words: (c.req.query('q') ?? '').trim().slice(0, maxQueryLength).toLowerCase(),
    sort: terms.sorts.find((sort) => sort === asked) ?? terms.sorts[0],
    isDown: c.req.query('down') === 'yes',
    filter: terms.filters.find((filter) => filter === c.req.query('show')) ?? terms.filters[0],
    page: Number.isInteger(page) && page > 0 && page < 10_000 ? page : 1,
  };
}

export interface ListPage<T> {
  readonly items: readonly T[];
  /** How many fit the filter. */
  readonly total: number;
  readonly page: number;
  readonly pages: number;
}

/** `values`: what an item is sorted by; what has none comes last, whichever way. */
export function pageOf<T, Sort extends string>(
  items: readonly T[],
  query: ListQuery<Sort>,
  values: Readonly<Record<Sort, (item: T) => string | number | undefined>>,
): ListPage<T> {
  const sortValue = values[query.sort];
  const sorted = [...items].sort((a, b) => compare(sortValue(a), sortValue(b), query.isDown));
  const pages = Math.max(1, Math.ceil(sorted.length / pageSize));
  const page = Math.min(query.page, pages);
  return { items: sorted.slice((page - 1) * pageSize, page * pageSize), total: sorted.length, page, pages };
}

function compare(a: string | number | undefined, b: string | number | undefined, isDown: boolean): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? 1 : -1;
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en');
  return isDown ? -order : order;
}
