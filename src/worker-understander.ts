/**
 * Understands large texts in a thread of their own, within a deadline.
 *
 * Refused: texts that take too long, texts beyond the queue's cap, whatever the thread dies of. Each comes back as a model
 * with an unknown, which is never allowed.
 */
import { Worker } from 'node:worker_threads';
import type { CommandModel, UnderstandContext } from './command/model.ts';
import type { Understander } from './gate/ports.ts';
import type { Answer, Question } from './judgement-worker.ts';

/** Longer than the slowest honest text takes on a busy machine, shorter than an agent waits. */
const deadlineMs = 5_000;
/** Loading the code and the library comes before that for the first text of a thread; on a busy machine it takes seconds. */
const startMs = 15_000;
/** HOSTILE: an agent may send large texts faster than they are read. */
const maxWaiting = 32;

interface Waiting extends Question {
  readonly resolve: (model: CommandModel) => void;
}

export class WorkerUnderstander implements Understander {
  readonly #libraryDirectories: readonly string[];
  readonly #deadlineMs: number;
  readonly #startMs: number;
  readonly #waiting: Waiting[] = [];
  #worker: Worker | undefined;
  #current: Waiting | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #nextId = 1;

  /** `limits`: in milliseconds. */
  constructor(libraryDirectories: readonly string[] = [], limits = { deadlineMs, startMs }) {
    this.#libraryDirectories = libraryDirectories;
    this.#deadlineMs = limits.deadlineMs;
    this.#startMs = limits.startMs;
  }

  understand(text: string, context: UnderstandContext): Promise<CommandModel> {
    if (this.#waiting.length >= maxWaiting) {
      return Promise.resolve(notUnderstood(text, context, 'JUDGEMENT_BUSY', 'too many large texts wait to be read'));
    }
    return new Promise((resolve) => {
      this.#waiting.push({ id: this.#nextId++, text, context, resolve });
      this.#next();
    });
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#current = next;
    const isNew = this.#worker === undefined;
    this.#worker ??= this.#start();
    // A command of the command line waits for its answer; an idle thread keeps nothing alive.
    this.#worker.ref();
    this.#allow(isNew ? this.#startMs : this.#deadlineMs);
    const { id, text, context } = next;
    this.#worker.postMessage({ id, text, context });
  }

  #allow(ms: number): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#fail('JUDGEMENT_TIMED_OUT', 'reading it takes too long'), ms);
  }

  #start(): Worker {
    const worker = startWorker(this.#libraryDirectories);
    worker.on('message', (answer: Answer) => {
      if (worker !== this.#worker || this.#current === undefined) return;
      if (answer.kind === 'loaded') this.#allow(this.#deadlineMs);
      else if (answer.id === this.#current.id) this.#settle(answer.model);
    });
    const onDeath = () => {
      if (worker === this.#worker) this.#fail('JUDGEMENT_FAILED', 'reading it failed');
    };
    worker.on('error', onDeath);
    worker.on('exit', onDeath);
    return worker;
  }

  /** Gives up on the current text and on the thread: what it is doing cannot be interrupted otherwise. */
  #fail(code: string, reason: string): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
    const current = this.#current;
    if (current !== undefined) this.#settle(notUnderstood(current.text, current.context, code, reason));
  }

  #settle(model: CommandModel): void {
    clearTimeout(this.#deadline);
    const current = this.#current;
    this.#current = undefined;
    this.#worker?.unref();
    current?.resolve(model);
    this.#next();
  }

  async close(): Promise<void> {
    const waiting = this.#waiting.splice(0);
    this.#fail('JUDGEMENT_CLOSED', 'Sallyport is stopping');
    for (const { text, context, resolve } of waiting) {
      resolve(notUnderstood(text, context, 'JUDGEMENT_CLOSED', 'Sallyport is stopping'));
    }
  }
}

/** From source (tests, development) the thread needs the loader of TypeScript first. */
function startWorker(libraryDirectories: readonly string[]): Worker {
  const options = { workerData: libraryDirectories, resourceLimits: { maxOldGenerationSizeMb: 256, stackSizeMb: 4 } };
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./judgement-worker.js', import.meta.url), options);
  const entry = JSON.stringify(new URL('./judgement-worker.ts', import.meta.url).href);
  const code = `import('tsx/esm/api').then(({ register }) => { register(); return import(${entry}); })`;
  return new Worker(code, { ...options, eval: true });
}

function notUnderstood(text: string, context: UnderstandContext, code: string, reason: string): CommandModel {
  return {
    text,
    dialect: context.dialect,
    commands: [],
    unknowns: [{ code, reason, span: undefined }],
    stdin: 'unknown',
    stdinLanguage: undefined,
    canonical: undefined,
  };
}
