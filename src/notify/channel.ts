/** What the channels have in common: where they are, and the page they point to. */
import type { OutgoingParts } from './outgoing.ts';

/** From the configuration. `url` is a secret: for most services whoever knows it may write there. */
export interface ChannelPlace {
  readonly name: string;
  readonly groups: readonly string[];
  readonly url: string;
  readonly allowPrivate: boolean;
}

export interface ChannelParts {
  /** What links start with, read at each message: with port 0 it is known only after the web server listens. */
  readonly publicUrl: () => string;
  readonly now?: () => number;
  readonly outgoing?: OutgoingParts;
}

/** The console's page of a hold, which needs a sign-in: it carries nobody's token. */
export function holdPage(publicUrl: string, holdId: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/holds/${encodeURIComponent(holdId)}`;
}
