import { html } from 'hono/html';
import type { Child } from 'hono/jsx';

export interface Frame {
  readonly title: string;
  readonly scripts?: readonly string[];
  /** Console pages have the navigation; review pages, which anybody may see, have none. */
  readonly nav?: { readonly reviewer: string; readonly current: string; readonly waiting: number | undefined };
  readonly styles?: readonly string[];
  readonly wide?: boolean;
}

const places = [
  { href: '/waiting', name: 'Waiting' },
  { href: '/scopes', name: 'Scopes' },
  { href: '/live', name: 'Open' },
  { href: '/sessions', name: 'Sessions' },
  { href: '/agents', name: 'Agents' },
  { href: '/targets', name: 'Targets' },
  { href: '/reviewers', name: 'Reviewers' },
  { href: '/policy', name: 'Policy' },
  { href: '/health', name: 'Health' },
];

export const Brand = () => (
  <span class="brand">
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
      <path d="M4 21V10a8 8 0 0 1 16 0v11" fill="none" stroke="currentColor" stroke-width="2" />
      <path d="M9 21v-9a3 3 0 0 1 6 0v9" fill="none" stroke="currentColor" stroke-width="2" />
      <path d="M2 21h20" stroke="currentColor" stroke-width="2" />
    </svg>
    Sallyport
  </span>
);

function Navigation({ nav }: { readonly nav: NonNullable<Frame['nav']> }) {
  return (
    <nav class="places" aria-label="Console">
      {places.map(({ href, name }) => (
        <a href={href} aria-current={nav.current === href ? 'page' : undefined}>
          {name}
          {href === '/waiting' && nav.waiting !== undefined && nav.waiting > 0 ? (
            <span class="count" data-waiting-count>
              {nav.waiting}
            </span>
          ) : null}
        </a>
      ))}
    </nav>
  );
}

/** The whole document. Everything it loads is ours and named here. */
export function page(frame: Frame, body: Child) {
  const { nav } = frame;
  const content = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{`${frame.title} · Sallyport`}</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        {(frame.styles ?? []).map((name) => (
          <link rel="stylesheet" href={`/assets/${name}`} />
        ))}
        <link rel="stylesheet" href="/assets/style.css" />
        {(frame.scripts ?? []).map((name) => (
          <script src={`/assets/${name}`} defer></script>
        ))}
      </head>
      <body>
        {/* Not on review pages: the fragment there is the link's code. */}
        {nav === undefined ? null : (
          <a class="skip" href="#main">
            Skip to the content
          </a>
        )}
        <header class="top">
          <div class="bar">
            {nav === undefined ? (
              <Brand />
            ) : (
              <a class="home" href="/waiting" aria-label="Sallyport, waiting holds">
                <Brand />
              </a>
            )}
            {nav === undefined ? null : (
              <a class="me" href="/me">
                {nav.reviewer}
              </a>
            )}
          </div>
          {nav === undefined ? null : <Navigation nav={nav} />}
        </header>
        <main id="main" class={frame.wide === true ? 'wide' : undefined} tabindex={-1}>
          {body}
        </main>
      </body>
    </html>
  );
  return html`<!doctype html>${content}`;
}

export interface Message {
  readonly tone: 'good' | 'bad' | 'wait' | 'plain';
  readonly heading: string;
  readonly lines: readonly string[];
}

/** One outcome, said large, with what happens next. */
export function MessageCard({ message, children }: { readonly message: Message; readonly children?: Child }) {
  const glyphs = {
    good: 'M5 13l4 4L19 7',
    bad: 'M6 6l12 12M18 6L6 18',
    wait: 'M12 6v6l4 3',
    plain: 'M12 7v6M12 17v.5',
  };
  return (
    <section class={`message ${message.tone}`} role="status" aria-labelledby="message">
      <svg viewBox="0 0 24 24" width="40" height="40" aria-hidden="true" focusable="false">
        <circle cx="12" cy="12" r="11" fill="none" stroke="currentColor" stroke-width="1.5" />
        <path d={glyphs[message.tone]} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
      </svg>
      <h1 id="message">{message.heading}</h1>
      {message.lines.map((line) => (
        <p>{line}</p>
      ))}
      {children}
    </section>
  );
}
