/**
 * The base of every failure Sallyport raises itself.
 *
 * Expected outcomes (a denial, an expired hold, a command nobody can parse) are values; an error means that
 * something could not be done. Three audiences, three texts: `code` for alerts and tests, `message` for the log,
 * `publicMessage` for the agent or the browser.
 *
 * INVARIANT: no secret, token or raw output in any of the three.
 */
export class SallyportError<Code extends string = string> extends Error {
  readonly code: Code;
  /** The only text that may reach an agent or a browser. */
  readonly publicMessage: string | undefined;

  constructor(code: Code, message: string, options: { cause?: unknown; publicMessage?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.publicMessage = options.publicMessage;
  }
}

/** The code of a failed system call (`ENOENT`) or of an error of ours; undefined when the value carries none. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What was thrown, in words for the log. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Ends a `switch` over a union, so that a new member breaks the build and not the gate. */
export function unreachable(value: never): never {
  throw new SallyportError('INTERNAL_UNREACHABLE', `unreachable: ${JSON.stringify(value)}`);
}

/** Exit statuses an agent sees when its command did not run or could not finish. Everything else is the target's. */
export const exitStatus = {
  /** The target cannot be reached or this agent has no such target (sysexits EX_UNAVAILABLE). */
  unavailable: 69,
  /** Sallyport itself failed (sysexits EX_SOFTWARE). */
  failure: 70,
  /** Expired or still waiting: the same command may be sent again later (sysexits EX_TEMPFAIL). */
  waiting: 75,
  /** Denied by policy or rejected by a reviewer: final (sysexits EX_NOPERM). */
  refused: 77,
} as const;
