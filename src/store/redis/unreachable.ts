/**
 * What went wrong with Redis, in words for the log and for who sets it up.
 *
 * INVARIANT: no address, password, key or value in it: only codes, and what to mend.
 */
import { StoreError } from '../errors.ts';

interface Hint {
  readonly of: RegExp;
  readonly hint: string;
  /** Only somebody who changes something mends it: waiting is no use. */
  readonly isFinal: boolean;
}

const hints: readonly Hint[] = [
  {
    of: /^sentinel (WRONGPASS|NOAUTH|NOPERM)$/,
    hint: 'the sentinels do not know the account and password of store.sentinel, or do not let it ask',
    isFinal: true,
  },
  {
    of: /^(WRONGPASS|NOAUTH)$/,
    hint: 'it does not know the account of store.url with the password of store.password_file',
    isFinal: true,
  },
  {
    of: /^NOPERM$/,
    hint: 'our account may not do what Sallyport needs; README, “From one node to three”, has its permissions',
    isFinal: true,
  },
  {
    of: /CERT|VERIFY/,
    hint: 'its certificate is not good for this address, or store.ca_file is not who signed it',
    isFinal: true,
  },
  {
    of: /^(ERR_SSL_|EPROTO$)/,
    hint: 'it does not speak TLS there: redis:// is without, rediss:// with',
    isFinal: true,
  },
  {
    of: /^(?:sentinel )?(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT|EACCES)$/,
    hint: 'it cannot be reached at store.url',
    isFinal: false,
  },
  { of: /^OOM$/, hint: 'it is full; give it more maxmemory', isFinal: false },
  { of: /^MISCONF$/, hint: 'it cannot write to its disk', isFinal: false },
  { of: /^READONLY$/, hint: 'it is a replica', isFinal: false },
  { of: /^NOREPLICAS$/, hint: 'no replica has the change, so a fail-over could forget it', isFinal: false },
];

/** StoreError STORE_UNREACHABLE; an error of ours stays what it is. */
export function unreachable(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const code = codeOf(cause);
  const hint = hints.find(({ of }) => of.test(code ?? ''))?.hint;
  return new StoreError(
    'STORE_UNREACHABLE',
    `Redis does not do what was asked (${code ?? 'no answer in time'})${hint === undefined ? '' : `: ${hint}`}`,
    {
      cause: withoutCommand(cause),
      publicMessage: 'Sallyport cannot reach its store. Nothing ran. Send the command again later.',
    },
  );
}

/** One of several sentinels; while another answers, nobody notices. */
export function sentinelAway(cause: unknown): StoreError {
  const text = `A sentinel cannot be listened to (${codeOf(cause) ?? 'no answer in time'}); the others are`;
  return new StoreError('STORE_UNREACHABLE', text, { cause: withoutCommand(cause) });
}

/** Whether asking again with the same configuration is no use. */
export function isMisconfigured(cause: unknown): boolean {
  return hints.some(({ of, isFinal }) => isFinal && of.test(codeOf(cause) ?? ''));
}

/** What tells one failure from another; undefined when nothing does. */
export function codeOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  // A cluster says that nobody answered, and beside it why.
  if ('lastNodeError' in cause && cause.lastNodeError instanceof Error) return codeOf(cause.lastNodeError);
  if ('code' in cause && typeof cause.code === 'string') return cause.code;
  // Sentinels that fail are tried one after the other; of the last one only the text is left.
  const last = /^All sentinels are unreachable.* Last error: (.*)$/s.exec(cause.message)?.[1];
  if (last !== undefined) return sentinelCode(last);
  // The first word of a Redis error is its code (READONLY, OOM, LOADING); the rest may repeat keys.
  return /^[A-Z]{3,}(?=\s)/.exec(cause.message)?.[0];
}

function sentinelCode(text: string): string | undefined {
  const code = /^[A-Z]{3,}(?=\s)/.exec(text)?.[0] ?? /\bE[A-Z_]{4,}\b/.exec(text)?.[0];
  return `sentinel ${code ?? (/certificate/i.test(text) ? 'CERT' : 'silent')}`;
}

/** The client attaches what it sent, which may be a password or a hold; also to what an error says beside itself. */
function withoutCommand(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  Reflect.deleteProperty(cause, 'command');
  if ('lastNodeError' in cause) withoutCommand(cause.lastNodeError);
  withoutCommand(cause.cause);
  return cause;
}
