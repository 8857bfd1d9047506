import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export type Shell = 'bash' | 'dash' | 'busybox';
/** How commands end: all succeed, all fail, or by the length of their name. */
export type Variant = 0 | 1 | 2;

export interface Trace {
  readonly records: readonly (readonly string[])[];
  /** False when the program had to be killed: it loops, or waits. */
  readonly isComplete: boolean;
}

/**
 * Real shells in an empty root without network, as uid 65534. Nothing a program names exists there: bash logs what it
 * would have run, dash and busybox find scripts that log how they were called.
 */
export class Jail {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((trace: Trace) => void)[] = [];
  #error = '';
  #text = '';
  #words: string[] = [];
  #records: string[][] = [];
  #onFailure: ((error: Error) => void) | undefined;
  readonly failed: Promise<never>;

  constructor(names: readonly string[]) {
    const script = fileURLToPath(new URL('jail.sh', import.meta.url));
    const flags = ['--mount', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child'];
    this.#child = spawn('unshare', [...flags, 'bash', script, names.join(' ')], { stdio: 'pipe' });
    this.failed = new Promise((_, reject) => {
      this.#onFailure = reject;
    });
    // Unhandled while nobody runs anything; `run` races against it.
    this.failed.catch(() => {});
    this.#child.on('error', (error) => this.#fail(error.message));
    this.#child.on('exit', (code) => this.#fail(`ended with ${code}: ${this.#error}`));
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#error = (this.#error + chunk).slice(-2000);
    });
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => this.#read(chunk));
  }

  #fail(why: string): void {
    this.#onFailure?.(new Error(`The jail does not work (it needs root, unshare, chroot, dash and busybox): ${why}`));
  }

  #read(chunk: string): void {
    const pieces = (this.#text + chunk).split('\0');
    this.#text = pieces.pop() ?? '';
    for (const piece of pieces) {
      if (piece === '\u0002') {
        this.#records.push(this.#words);
        this.#words = [];
      } else if (piece.startsWith('\u0003')) {
        const records = this.#records;
        this.#records = [];
        this.#words = [];
        this.#waiting.shift()?.({ records, isComplete: piece !== '\u0003137' });
      } else {
        this.#words.push(piece);
      }
    }
  }

  /** The argv of every command that the shell would have run. */
  async run(shell: Shell, variant: Variant, text: string): Promise<Trace> {
    const answer = new Promise<Trace>((resolve) => this.#waiting.push(resolve));
    this.#child.stdin.write(`${shell}\0${variant}\0${text}\0`);
    const trace = await Promise.race([answer, this.failed]);
    return shell === 'bash' ? { ...trace, records: trace.records.map(([line]) => unquote(line ?? '')) } : trace;
  }

  close(): void {
    this.#onFailure = undefined;
    this.#child.stdin.end();
    this.#child.kill('SIGKILL');
  }
}

/** Reads what bash prints for `${x@Q}`: `'…'`, `\\'` and `$'…'`, separated by blanks. */
function unquote(line: string): string[] {
  const words: string[] = [];
  let bytes: Buffer[] = [];
  for (const [piece, plain, ansi] of line.matchAll(/'([^']*)'|\$'((?:[^'\\]|\\.)*)'|\\'| /gs)) {
    if (piece === ' ') {
      words.push(Buffer.concat(bytes).toString('utf8'));
      bytes = [];
    } else if (ansi !== undefined) {
      bytes.push(ansiBytes(ansi));
    } else {
      bytes.push(Buffer.from(plain ?? "'"));
    }
  }
  words.push(Buffer.concat(bytes).toString('utf8'));
  return words;
}

const escapes: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, a: 7, b: 8, e: 27, E: 27, f: 12, v: 11 };

function ansiBytes(text: string): Buffer {
  const pieces = [...text.matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gs)].map(([, octal, char, plain]) => {
    if (octal !== undefined) return Buffer.from([Number.parseInt(octal, 8)]);
    return char === undefined ? Buffer.from(plain ?? '') : Buffer.from([escapes[char] ?? char.charCodeAt(0)]);
  });
  return Buffer.concat(pieces);
}
