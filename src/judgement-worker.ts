/** The thread that reads large texts, so that none of them holds up the others. Answers one question at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CommandModel, UnderstandContext } from './command/model.ts';
import { createLocalUnderstander } from './local-understander.ts';

export interface Question {
  readonly id: number;
  readonly text: string;
  readonly context: UnderstandContext;
}

export type Answer =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'model'; readonly id: number; readonly model: CommandModel };

const understander = createLocalUnderstander(workerData);
const answer = (message: Answer): void => parentPort?.postMessage(message);

parentPort?.on('message', ({ id, text, context }: Question) => {
  understander
    .understand(text, context)
    .then((model) => answer({ kind: 'model', id, model }))
    // The owner's deadline turns silence into "not understood".
    .catch(() => undefined);
});

answer({ kind: 'loaded' });
