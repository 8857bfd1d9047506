import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Seen {
  /** Names in the home, in /tmp and in /var/tmp that are others now, and whether anybody was contacted. */
  readonly changed: readonly string[];
  /** Files of which some content was printed: of each mark, every file that holds it. */
  readonly shown: readonly (readonly string[])[];
}

/** The real tools of this machine in a home full of traps, see tool-jail.sh. */
export class ToolJail {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: ((answer: string) => void)[] = [];
  readonly #marks = new Map<string, string[]>();
  readonly #failed: Promise<never>;
  #fail: ((error: Error) => void) | undefined;
  #error = '';
  #text = '';
  /** Of each other implementation that is installed here the names of its tools. */
  readonly others: Promise<ReadonlyMap<string, ReadonlySet<string>>>;

  constructor() {
    const script = fileURLToPath(new URL('tool-jail.sh', import.meta.url));
    const flags = ['--mount', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child'];
    this.#child = spawn('unshare', [...flags, 'bash', script], { stdio: 'pipe' });
    this.#failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#failed.catch(() => {});
    const end = (why: string) => this.#fail?.(new Error(`The jail for tools does not work (it needs root): ${why}`));
    this.#child.on('error', (error) => end(error.message));
    this.#child.on('exit', (code) => end(`ended with ${code}: ${this.#error}`));
    this.#child.stdin.on('error', () => {});
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#error = (this.#error + chunk).slice(-2000);
    });
    this.#child.stdout.setEncoding('latin1').on('data', (chunk: string) => this.#read(chunk));
    this.#waiting.push((answer) => this.#learn(answer));
    const names = new Promise<string>((resolve) => this.#waiting.push(resolve));
    this.others = Promise.race([names, this.#failed]).then(readOthers);
    this.others.catch(() => {});
  }

  #read(chunk: string): void {
    const pieces = (this.#text + chunk).split('\0');
    this.#text = pieces.pop() ?? '';
    for (const piece of pieces) this.#waiting.shift()?.(piece);
  }

  #learn(list: string): void {
    for (const line of list.split('\n')) {
      const [number = '', ...files] = line.split('\t');
      const mark = `MARK${number}X`;
      const shown = number === '0' ? files : files.map((file) => `/home/agent/${file}`);
      this.#marks.set(mark, [...(this.#marks.get(mark) ?? []), ...shown]);
    }
  }

  /** `other`: with the tools of that implementation in the place of those that have their names. */
  async run(text: string, other?: string): Promise<Seen> {
    const answer = new Promise<string>((resolve) => this.#waiting.push(resolve));
    const quoted = `'${text.replaceAll("'", "'\\''")}'`;
    this.#child.stdin.write(`${other === undefined ? text : `PATH=/mnt/others/${other}:$PATH exec sh -c ${quoted}`}\0`);
    const lines = (await Promise.race([answer, this.#failed])).split('\n').filter((line) => line !== '');
    return {
      changed: lines.filter((line) => /^[<>] /.test(line)),
      shown: lines.flatMap((line) => (line.startsWith('MARK') ? [this.#marks.get(line) ?? [line]] : [])),
    };
  }

  close(): void {
    this.#fail = undefined;
    this.#child.stdin.end();
    this.#child.kill('SIGKILL');
  }
}

function readOthers(list: string): ReadonlyMap<string, ReadonlySet<string>> {
  const lines = list.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [name = '', tools = ''] = line.split(': ');
      return [name, new Set(tools.split(' '))];
    }),
  );
}
