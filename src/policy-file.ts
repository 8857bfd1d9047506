/**
 * The policy in force: read from files, watched, replaced as a whole.
 *
 * Refused: a file with any problem. The policy that was in force stays, and `onRefused` says why.
 *
 * INVARIANT: a decision is made by exactly one policy; the swap is one assignment between two decisions.
 */
import { existsSync, type FSWatcher, readFileSync, statSync, watch } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { CommandModel } from './command/model.ts';
import { errorCode, messageOf, SallyportError } from './errors.ts';
import type { Judge } from './gate/ports.ts';
import { shippedPolicies } from './package-root.ts';
import type { PolicyContext, PolicyDecision } from './policy/decision.ts';
import { evaluate, type Policy } from './policy/evaluate.ts';
import { type LoadRequest, type LoadResult, loadPolicy, type PolicyText } from './policy/load.ts';
import { type PolicyProblem, printProblem } from './policy/problem.ts';

export class PolicyError extends SallyportError<'POLICY_REFUSED' | 'POLICY_UNREADABLE'> {}

/** Editors write a file in several steps; half of it is no policy. */
const settleMs = 150;
/** Larger than any policy that is accepted, and small enough to read without harm. */
const maxFileBytes = 4 * 1_048_576;

/** What a policy is loaded with besides its files. */
export type PolicyParts = Pick<LoadRequest, 'understand' | 'toolNames' | 'libraryHash'>;

export interface PolicyCallbacks {
  readonly onLoaded: (event: {
    readonly policyHash: string;
    readonly previousHash: string | undefined;
    readonly file: string;
  }) => void;
  readonly onRefused: (event: { readonly file: string; readonly problems: readonly PolicyProblem[] }) => void;
}

/** Reads a policy and everything it names. Throws `POLICY_UNREADABLE` when the file itself cannot be read. */
export async function loadPolicyFile(file: string, parts: PolicyParts): Promise<LoadResult> {
  const path = isShippedName(file) && !existsSync(file) ? join(shippedPolicies, `${file}.yaml`) : resolve(file);
  let text: string;
  try {
    text = readText(path);
  } catch (cause) {
    const why = errorCode(cause) === 'ENOENT' ? 'no such file' : messageOf(cause);
    throw new PolicyError('POLICY_UNREADABLE', `cannot read the policy ${file}: ${why}`, { cause });
  }
  return loadPolicy({ file: path, text, resolve: resolveFile, ...parts });
}

/** Reads a proposed text in place of `file`. Of other files it may name only `known` ones and the shipped policies. */
export function checkProposal(
  file: string,
  text: string,
  known: readonly string[],
  parts: PolicyParts,
): Promise<LoadResult> {
  const resolveKnown = (name: string, from: string) => {
    const isKnown = isShippedName(name) || known.includes(resolve(dirname(from), name));
    // HOSTILE: the text comes from a browser; a problem must not quote a file that is no policy.
    return isKnown ? resolveFile(name, from) : undefined;
  };
  return loadPolicy({ file: resolve(file), text, resolve: resolveKnown, ...parts });
}

/** `default`, `workspace`, `production` and `database` are the policies that come with the program. */
function resolveFile(name: string, from: string): PolicyText | undefined {
  const file = isShippedName(name) ? join(shippedPolicies, `${name}.yaml`) : resolve(dirname(from), name);
  try {
    return { file, text: readText(file) };
  } catch {
    return undefined;
  }
}

function isShippedName(name: string): boolean {
  return /^[a-z]+$/.test(name);
}

function readText(file: string): string {
  const { size } = statSync(file);
  if (size > maxFileBytes) throw new Error('the file is too large');
  return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
}

export class ActivePolicy implements Judge {
  readonly #file: string;
  readonly #parts: PolicyParts;
  readonly #callbacks: PolicyCallbacks;
  #policy: Policy;
  #watchers: FSWatcher[] = [];
  #settling: NodeJS.Timeout | undefined;
  #reloading: Promise<unknown> = Promise.resolve();
  readonly #onHangup = () => this.#reloadSoon();
  #isWatching = false;

  private constructor(file: string, policy: Policy, parts: PolicyParts, callbacks: PolicyCallbacks) {
    this.#file = file;
    this.#policy = policy;
    this.#parts = parts;
    this.#callbacks = callbacks;
  }

  /** Loads the policy the program starts with. Throws `POLICY_REFUSED` with every problem in the message. */
  static async open(file: string, parts: PolicyParts, callbacks: PolicyCallbacks): Promise<ActivePolicy> {
    const result = await loadPolicyFile(file, parts);
    if (result.kind === 'refused') {
      const lines = result.problems.map(printProblem).join('\n  ');
      throw new PolicyError('POLICY_REFUSED', `the policy is not loaded:\n  ${lines}`);
    }
    callbacks.onLoaded({ policyHash: result.policy.hash, previousHash: undefined, file: result.policy.file });
    return new ActivePolicy(file, result.policy, parts, callbacks);
  }

  get policyHash(): string {
    return this.#policy.hash;
  }

  get policy(): Policy {
    return this.#policy;
  }

  decide(model: CommandModel, context: PolicyContext): PolicyDecision {
    const policy = this.#policy;
    try {
      return evaluate(policy, model, context);
    } catch {
      return {
        verdict: 'deny',
        rule: undefined,
        reason: 'the policy failed on this command, so it did not run',
        policyHash: policy.hash,
        parts: [],
        review: undefined,
        instead: undefined,
        shadow: [],
      };
    }
  }

  /** Loads the files again. One reload at a time; the policy in force stays when anything is wrong. */
  reload(): Promise<void> {
    const next = this.#reloading.then(() => this.#reloadNow());
    this.#reloading = next.catch(() => undefined);
    return next;
  }

  async #reloadNow(): Promise<void> {
    let result: LoadResult;
    try {
      result = await loadPolicyFile(this.#file, this.#parts);
    } catch (cause) {
      const problem = { file: this.#file, line: 0, column: 0, message: messageOf(cause), fix: undefined };
      result = { kind: 'refused', problems: [problem], examples: [] };
    }
    if (result.kind === 'refused') {
      this.#callbacks.onRefused({ file: this.#file, problems: result.problems });
      return;
    }
    const previousHash = this.#policy.hash;
    if (result.policy.hash === previousHash) return;
    this.#policy = result.policy;
    this.#callbacks.onLoaded({ policyHash: result.policy.hash, previousHash, file: result.policy.file });
    if (this.#isWatching) this.#watchFiles();
  }

  /** Reloads on every change of a file it was read from and on SIGHUP, until `close`. */
  watch(): void {
    this.#isWatching = true;
    process.on('SIGHUP', this.#onHangup);
    this.#watchFiles();
  }

  /** Watches directories: an editor that replaces a file ends the life of a watch on the file itself. */
  #watchFiles(): void {
    for (const watcher of this.#watchers) watcher.close();
    const files = new Set(this.#policy.files);
    this.#watchers = [...new Set([...files].map(dirname))].map((directory) => {
      const watcher = watch(directory, (_, name) => {
        if (name === null || files.has(join(directory, name))) this.#reloadSoon();
      });
      // A directory that is gone is no reason to stop; SIGHUP still reloads.
      watcher.on('error', () => watcher.close());
      return watcher;
    });
  }

  #reloadSoon(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => void this.reload(), settleMs);
  }

  close(): void {
    this.#isWatching = false;
    clearTimeout(this.#settling);
    process.off('SIGHUP', this.#onHangup);
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }
}
