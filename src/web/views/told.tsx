/** Who was told of a hold, and how that went. */
import type { Delivery, Hold } from '../../approval/hold.ts';
import { Moment } from './moment.tsx';

export function Told({ hold }: { readonly hold: Hold }) {
  const deliveries = hold.deliveries;
  if (deliveries === undefined) return null;
  return (
    <section aria-labelledby="told">
      <h2 id="told">Who was told</h2>
      <Escalation hold={hold} />
      {deliveries.length === 0 ? <p class="quiet">Nobody: no reviewer may decide on this.</p> : null}
      <ul class="plain">
        {deliveries.map((delivery) => (
          <li>
            {delivery.channel === 'mail' ? `mail to ${delivery.reviewer}` : `${delivery.channel} ${delivery.name}`}:{' '}
            <Outcome delivery={delivery} isPending={hold.state === 'pending'} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Escalation({ hold }: { readonly hold: Hold }) {
  const { escalation } = hold;
  if (escalation === undefined) return null;
  const groups = escalation.groups.join(', ');
  if (escalation.doneAtMs !== undefined)
    return (
      <p>
        Nobody decided in time: <strong>{groups}</strong> may decide too, since <Moment atMs={escalation.doneAtMs} />.
      </p>
    );
  if (hold.state !== 'pending') return null;
  return (
    <p class="quiet">
      If nobody decides, {groups} may too, from <Moment atMs={hold.createdAtMs + escalation.afterMs} />.
    </p>
  );
}

function Outcome({ delivery, isPending }: { readonly delivery: Delivery; readonly isPending: boolean }) {
  const { state, attempts, atMs, reason } = delivery;
  const tries = `${attempts} ${attempts === 1 ? 'try' : 'tries'}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  switch (state) {
    case 'queued':
      return <span class="quiet">{isPending ? 'being sent' : 'not sent, because nothing waited any more'}</span>;
    case 'delivered':
      return (
        <>
          delivered <Moment atMs={atMs} />
        </>
      );
    case 'retrying':
      return (
        <span class="quiet">
          {isPending ? `not yet, ${tries}${why}; it is tried again` : `not delivered, ${tries}${why}`}
        </span>
      );
    case 'failed':
      return <strong>{`failed, ${tries}${why}`}</strong>;
  }
}
