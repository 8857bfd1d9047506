/**
 * Adds to a list that is only made when there is something in it. An empty array that grows makes room for seventeen;
 * most commands have a word or two, and a text of 16 KiB may have eight thousand of them.
 */
export function append<T>(list: T[] | undefined, item: T): T[] {
  if (list === undefined) return [item];
  list.push(item);
  return list;
}

/** For what most commands have none of. */
export const nothing: readonly never[] = [];
