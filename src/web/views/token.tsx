import type { ApiToken } from '../../config.ts';
import { Quoted } from './command.tsx';
import { Moment } from './moment.tsx';

export interface ShownToken {
  readonly token: ApiToken;
  readonly id: string;
  /** Undefined: not since the program started. */
  readonly usedAtMs: number | undefined;
  /** Undefined when tokens cannot be revoked here. */
  readonly nonce: string | undefined;
}

/** A reviewer's own API tokens. Making one is left to the bastion's command line: it would pass through this page. */
export function TokenList({ tokens, nowMs }: { readonly tokens: readonly ShownToken[]; readonly nowMs: number }) {
  return (
    <>
      <h2 class="section">Your API tokens</h2>
      {tokens.length === 0 ? (
        <p class="quiet">
          None. <code>sallyport reviewer token NAME --purpose WORDS --scope holds:read</code> on the bastion makes one.
        </p>
      ) : (
        <ul class="holds">
          {tokens.map(({ token, id, usedAtMs, nonce }) => {
            const isExpired = token.expiresAtMs !== undefined && token.expiresAtMs <= nowMs;
            return (
              <li class="hold-card">
                <div class="hold-head">
                  <h3>{token.purpose === '' ? 'For everything' : <Quoted text={token.purpose} />}</h3>
                  <span class={isExpired ? 'chip deny' : 'chip allow'}>{isExpired ? 'expired' : 'works'}</span>
                </div>
                <p class="quiet">
                  <code>{id}</code> · {token.scopes === undefined ? 'all you may do' : token.scopes.join(', ')} ·{' '}
                  {token.expiresAtMs === undefined ? (
                    'never expires'
                  ) : (
                    <>
                      {isExpired ? 'expired' : 'expires'} <Moment atMs={token.expiresAtMs} />
                    </>
                  )}{' '}
                  ·{' '}
                  {usedAtMs === undefined ? (
                    'not used yet'
                  ) : (
                    <>
                      last used <Moment atMs={usedAtMs} />
                    </>
                  )}
                </p>
                {nonce === undefined ? null : (
                  <form method="post" action="/me/revoke-token">
                    <input type="hidden" name="id" value={id} />
                    <input type="hidden" name="nonce" value={nonce} />
                    <button type="submit" class="danger small">
                      Revoke {id}
                    </button>
                  </form>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </>
  );
}
