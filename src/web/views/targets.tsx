import type { TargetConfig } from '../../config.ts';
import type { ListPage, ListQuery } from '../list-query.ts';
import { ListForm, NothingFits, Pages } from './list.tsx';
import { Labels } from './setup.tsx';

export function TargetList(props: {
  readonly list: ListPage<TargetConfig>;
  readonly query: ListQuery<string>;
  readonly hasAny: boolean;
}) {
  const { list, query } = props;
  return (
    <>
      <h1>Targets</h1>
      <ListForm
        action="/targets"
        query={query}
        what="Find by name, host or label"
        filters={[]}
        sorts={[
          { value: 'name', name: 'name' },
          { value: 'host', name: 'host' },
        ]}
      />
      {!props.hasAny ? (
        <div class="empty">
          <p>
            <b>No target is known.</b>
          </p>
          <p class="quiet">
            Add one on the bastion: <code>sallyport target add NAME --host HOST</code>
          </p>
        </div>
      ) : list.total === 0 ? (
        <NothingFits action="/targets" />
      ) : (
        <ul class="holds">
          {list.items.map((target) => (
            <li class="hold-card" data-item>
              <h2>{target.name}</h2>
              <p class="mono quiet">
                {target.host}:{target.port}
              </p>
              <p class="quiet">
                accounts {Object.keys(target.accounts).join(', ')} · shell {target.dialect} · host key pinned
              </p>
              <Labels labels={target.labels} />
            </li>
          ))}
        </ul>
      )}
      <Pages action="/targets" query={query} list={list} />
    </>
  );
}
