/**
 * Where an agent wants to go: `ssh [account@]target@bastion` puts it into the user name.
 *
 * The user name says only that. Who the agent is comes from its key alone.
 */
export type Address =
  | { readonly kind: 'target'; readonly target: string; readonly account: string | undefined }
  /** The bastion itself: kept free so that no target can ever take the name. */
  | { readonly kind: 'bastion' }
  | { readonly kind: 'malformed' };

const bastionName = 'sallyport';
const namePattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

/** HOSTILE: chosen by the agent. Whatever is not exactly one or two plain names is malformed. */
export function parseAddress(username: string): Address {
  const parts = username.split('@');
  if (parts.length > 2 || !parts.every((part) => namePattern.test(part))) return { kind: 'malformed' };
  const target = parts.at(-1);
  if (target === undefined) return { kind: 'malformed' };
  if (target.toLowerCase() === bastionName) return { kind: 'bastion' };
  return { kind: 'target', target, account: parts.length === 2 ? parts[0] : undefined };
}
