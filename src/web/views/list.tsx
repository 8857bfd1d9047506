import type { Child } from 'hono/jsx';
import type { ListPage, ListQuery } from '../list-query.ts';

interface Choice {
  readonly value: string;
  readonly name: string;
}

export interface ListFormTerms {
  readonly action: string;
  readonly query: ListQuery<string>;
  readonly sorts: readonly Choice[];
  readonly filters: readonly Choice[];
  /** What is searched, said in the label. */
  readonly what: string;
  /** Fields of this list alone. */
  readonly children?: Child;
}

/** Search, filter and order; a plain form, so that the address says what is shown. */
export function ListForm({ action, query, sorts, filters, what, children }: ListFormTerms) {
  const select = (id: string, label: string, choices: readonly Choice[], chosen: string) => (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={id}>
        {choices.map(({ value, name }) => (
          <option value={value} selected={value === chosen}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
  return (
    <form method="get" action={action} class="filter">
      <div class="field search">
        <label for="q">{what}</label>
        <input id="q" name="q" type="search" value={query.words} maxlength={100} autocomplete="off" />
      </div>
      {children}
      {filters.length < 2 ? null : select('show', 'Show', filters, query.filter)}
      {select('sort', 'Sort by', sorts, query.sort)}
      <label class="check">
        <input type="checkbox" name="down" value="yes" checked={query.isDown} /> reversed
      </label>
      <button type="submit" class="small">
        Show
      </button>
    </form>
  );
}

/** Earlier and later pages, when there are any. */
export function Pages({
  action,
  query,
  list,
  also,
}: {
  readonly action: string;
  readonly query: ListQuery<string>;
  readonly list: ListPage<unknown>;
  /** Further fields of the address. */
  readonly also?: Readonly<Record<string, string>>;
}) {
  if (list.pages < 2) return null;
  const address = (page: number) => {
    const fields = { ...also, q: query.words, show: query.filter, sort: query.sort, page: String(page) };
    return `${action}?${new URLSearchParams({ ...fields, ...(query.isDown ? { down: 'yes' } : {}) })}`;
  };
  return (
    <nav class="pages" aria-label="Pages">
      {list.page > 1 ? (
        <a class="button small" href={address(list.page - 1)}>
          Before
        </a>
      ) : null}
      <span class="quiet">
        Page {list.page} of {list.pages}, {list.total} in all
      </span>
      {list.page < list.pages ? (
        <a class="button small" href={address(list.page + 1)}>
          Next
        </a>
      ) : null}
    </nav>
  );
}

/** A filter that leaves nothing says how to get back. */
export function NothingFits({ action }: { readonly action: string }) {
  return (
    <div class="empty">
      <p>
        <b>Nothing fits.</b>
      </p>
      <p class="quiet">
        <a href={action}>Show all again</a>
      </p>
    </div>
  );
}
