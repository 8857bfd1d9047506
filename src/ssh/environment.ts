/**
 * Which `env` requests (RFC 4254 section 6.4) are believed.
 *
 * Locale and terminal go on to the target, `SALLYPORT_*` stays with us, the rest is dropped and audited: a variable can
 * change what a judged command does (`LD_PRELOAD`, `PATH`, `GIT_SSH_COMMAND`, `GLIBC_TUNABLES`). So can a locale: in GBK,
 * Big5 and Shift-JIS a backslash may be the second half of a letter, and bash then reads `あ\$(id)` otherwise than anybody here.
 */
import { isPlainLocale } from '../locale.ts';

const forTarget = /^(?:LANG|LC_[A-Z]{1,20}|TERM)$/;
const locale = /^(?:LANG$|LC_)/;
const forUs = /^SALLYPORT_[A-Z_]{1,32}$/;
/** Locale and terminal names; nothing a shell, a path or a format string would care about. */
const plainValue = /^[A-Za-z0-9_.@:+-]{0,64}$/;
const maxVariables = 64;
const maxDroppedNames = 32;
const maxNameLength = 64;

export class Environment {
  readonly #forTarget = new Map<string, string>();
  readonly #forUs = new Map<string, string>();
  readonly #dropped = new Set<string>();
  #count = 0;

  /** HOSTILE: both come from the agent. Returns whether the variable was taken. */
  offer(name: string, value: string): boolean {
    this.#count += 1;
    const home = forTarget.test(name) ? this.#forTarget : forUs.test(name) ? this.#forUs : undefined;
    const isPlain = plainValue.test(value) && (!locale.test(name) || isPlainLocale(value));
    if (home !== undefined && isPlain && this.#count <= maxVariables) {
      home.set(name, value);
      return true;
    }
    if (this.#dropped.size < maxDroppedNames) this.#dropped.add(name.slice(0, maxNameLength));
    return false;
  }

  get toTarget(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#forTarget);
  }

  /** Names that were not taken, for the audit log; capped in number and length. */
  get dropped(): readonly string[] {
    return [...this.#dropped];
  }

  get wantsJson(): boolean {
    return this.#forUs.get('SALLYPORT_OUTPUT') === 'json';
  }
}
