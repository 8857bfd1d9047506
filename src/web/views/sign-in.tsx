import type { Child } from 'hono/jsx';

/** The sign-in form: mail first, API token for those who have one. */
export function SignInForm(props: { readonly next: string; readonly problem?: string; readonly children?: Child }) {
  const { next, problem } = props;
  return (
    <section class="code" aria-labelledby="sign-in">
      <h1 id="sign-in">Sign in to review</h1>
      {problem === undefined ? null : (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <form method="post" action="/sign-in" class="card">
        <input type="hidden" name="next" value={next} />
        <div class="field">
          <label for="email">Your mail address</label>
          <input id="email" name="email" type="email" required maxlength={254} autocomplete="email" />
        </div>
        <button type="submit">Send me a code</button>
        <p class="quiet">It works once, in this browser, for ten minutes.</p>
      </form>
      {props.children}
      <details>
        <summary>Sign in with an API token instead</summary>
        <form method="post" action="/sign-in/token" class="card">
          <input type="hidden" name="next" value={next} />
          <div class="field">
            <label for="token">API token</label>
            <input id="token" name="token" type="password" required maxlength={512} autocomplete="off" />
          </div>
          <button type="submit">Sign in</button>
          <p class="quiet">
            <code>sallyport reviewer token NAME</code> on the bastion makes one.
          </p>
        </form>
      </details>
      <CodeField next={next} isHidden />
    </section>
  );
}

/** A link and not a form: the policy of our pages lets no form lead to another site. */
export function OidcSignIn({ issuer, next }: { readonly issuer: string | undefined; readonly next: string }) {
  if (issuer === undefined) return null;
  return (
    <p class="card">
      <a class="button" href={`/sign-in/oidc?next=${encodeURIComponent(next)}`}>
        Sign in with {new URL(issuer).host}
      </a>
    </p>
  );
}

/** Where the code from the mail goes; the link in the mail fills it. */
export function CodeField(props: { readonly next: string; readonly problem?: string; readonly isHidden?: boolean }) {
  const { problem } = props;
  return (
    <form
      method="post"
      action="/sign-in/code"
      class="card code-input"
      autocomplete="off"
      data-sign-in-code
      hidden={props.isHidden === true}
    >
      <input type="hidden" name="next" value={props.next} />
      <div class="field">
        <label for="code">Code from the mail</label>
        {problem === undefined ? null : (
          <p class="problem" id="code-problem" role="alert">
            {problem}
          </p>
        )}
        <input
          id="code"
          name="code"
          type="text"
          required
          maxlength={20}
          autocomplete="one-time-code"
          autocapitalize="characters"
          spellcheck={false}
          aria-invalid={problem === undefined ? undefined : 'true'}
          aria-describedby={problem === undefined ? undefined : 'code-problem'}
        />
      </div>
      <button type="submit">Sign in</button>
    </form>
  );
}

export function CodePage({ next, problem }: { readonly next: string; readonly problem?: string }) {
  return (
    <section class="code" aria-labelledby="sent">
      <h1 id="sent">Look into your mail</h1>
      <p>
        If that address belongs to a reviewer, a mail with a code is on its way. Type the code here, or open the mail’s
        link in this browser.
      </p>
      <CodeField next={next} {...(problem === undefined ? {} : { problem })} />
      <p class="quiet">
        Nothing came? Look into the spam folder, or <a href="/sign-in">try again</a>.
      </p>
    </section>
  );
}
