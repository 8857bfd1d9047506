import type { ReviewerFigures } from '../../audit/reviewer-history.ts';
import type { ReviewerConfig } from '../../config.ts';
import type { ListPage, ListQuery } from '../list-query.ts';
import type { OnCallNow } from '../ports.ts';
import { rolesOf } from '../roles.ts';
import { ListForm, NothingFits, Pages } from './list.tsx';
import { duration } from './moment.tsx';

export interface ReviewerRow {
  readonly reviewer: ReviewerConfig;
  readonly figures: ReviewerFigures | undefined;
}

function Figures({ figures }: { readonly figures: ReviewerFigures }) {
  const { approvals, rejections, medianMs, approvesEverything } = figures;
  return (
    <>
      <p class="quiet">
        {approvals + rejections === 0
          ? 'no decision in the last 30 days'
          : `last 30 days: ${approvals} approved, ${rejections} rejected`}
        {medianMs === undefined ? null : ` · half of them within ${duration(medianMs)}`}
      </p>
      {approvesEverything ? (
        <p class="warning" role="note">
          <strong>Approves everything, and faster than one can read.</strong> Ask whether the rules hold too much, or
          whether anybody looks.
        </p>
      ) : null}
    </>
  );
}

export function ReviewerList(props: {
  readonly list: ListPage<ReviewerRow>;
  readonly query: ListQuery<string>;
  readonly hasAny: boolean;
  readonly onCall: readonly OnCallNow[];
}) {
  const { list, query, onCall } = props;
  return (
    <>
      <h1>Reviewers</h1>
      {onCall.map(({ schedule, person, until, timezone, next }) => (
        <p class="on-call">
          <b>{person}</b> is on call ({schedule}) until {until} {timezone}, then {next}.
        </p>
      ))}
      <ListForm
        action="/reviewers"
        query={query}
        what="Find by name, mail or group"
        filters={[]}
        sorts={[
          { value: 'name', name: 'name' },
          { value: 'decisions', name: 'decisions' },
          { value: 'time', name: 'time to decide' },
        ]}
      />
      {!props.hasAny ? (
        <div class="empty">
          <p>
            <b>Nobody can decide.</b>
          </p>
          <p class="quiet">
            Add people on the bastion: <code>sallyport reviewer add NAME --email ADDRESS --group GROUP</code>
          </p>
        </div>
      ) : list.total === 0 ? (
        <NothingFits action="/reviewers" />
      ) : (
        <ul class="holds">
          {list.items.map(({ reviewer, figures }) => (
            <li class="hold-card" data-item>
              <div class="hold-head">
                <h2>{reviewer.name}</h2>
                {onCall.some(({ person }) => person === reviewer.name) ? <span class="chip allow">on call</span> : null}
              </div>
              <p class="quiet">
                {rolesOf(reviewer).join(', ')} · groups {reviewer.groups.join(', ') || 'none'}
                {reviewer.hours === undefined ? '' : ' · told in their hours'}
              </p>
              {figures === undefined ? null : <Figures figures={figures} />}
            </li>
          ))}
        </ul>
      )}
      <Pages action="/reviewers" query={query} list={list} />
    </>
  );
}
