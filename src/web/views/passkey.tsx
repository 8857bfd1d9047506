import type { Passkey } from '../passkey-store.ts';
import { Moment } from './moment.tsx';

/** Hidden until the script finds that this browser can: without it there is the mail. */
export function PasskeySignIn() {
  return (
    <form
      method="post"
      action="/sign-in/passkey"
      class="card"
      data-passkey="ask"
      data-options="/sign-in/passkey/options"
      hidden
    >
      <input type="hidden" name="answer" value="" />
      <button type="submit">Sign in with a passkey</button>
      <p class="problem" data-passkey-state role="alert"></p>
    </form>
  );
}

export interface PasskeyListTerms {
  readonly passkeys: readonly { readonly passkey: Passkey; readonly nonce: string }[];
  readonly addNonce: string;
}

export function PasskeyList({ passkeys, addNonce }: PasskeyListTerms) {
  return (
    <>
      <h2 class="section">Your passkeys</h2>
      {passkeys.length === 0 ? (
        <p class="quiet">None yet. With one you sign in and approve from a new device without a mail or a challenge.</p>
      ) : (
        <ul class="holds">
          {passkeys.map(({ passkey, nonce }) => (
            <li class="hold-card">
              <p>
                <b>{passkey.name}</b> · added <Moment atMs={passkey.createdAtMs} />
                {passkey.usedAtMs === null ? (
                  ' · not used yet'
                ) : (
                  <>
                    {' · last used '}
                    <Moment atMs={passkey.usedAtMs} />
                  </>
                )}
              </p>
              <form method="post" action="/passkeys/remove">
                <input type="hidden" name="id" value={passkey.id} />
                <input type="hidden" name="nonce" value={nonce} />
                <button type="submit" class="danger small">
                  <span>
                    Remove
                    <span class="away"> {passkey.name}</span>
                  </span>
                </button>
              </form>
            </li>
          ))}
        </ul>
      )}
      <form
        method="post"
        action="/passkeys"
        class="card"
        data-passkey="add"
        data-options="/passkeys/options"
        autocomplete="off"
        hidden
      >
        <input type="hidden" name="nonce" value={addNonce} />
        <input type="hidden" name="answer" value="" />
        <div class="field">
          <label for="passkey-name">What to call this device</label>
          <input id="passkey-name" name="name" type="text" maxlength={60} required />
        </div>
        <button type="submit" class="small">
          Add a passkey
        </button>
        <p class="problem" data-passkey-state role="alert"></p>
      </form>
    </>
  );
}
