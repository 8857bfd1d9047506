/** The thread that reads large texts, so that none of them holds up the others. Answers one question at a time. */
import { parentPort, workerData } from 'node:worker_threads';
import type { UnderstandContext } from './command/model.ts';
import { createLocalUnderstander } from './local-understander.ts';

export interface Question {
  readonly id: number;
  readonly text: string;
  readonly context: UnderstandContext;
}

const understander = createLocalUnderstander(workerData);

parentPort?.on('message', ({ id, text, context }: Question) => {
  understander
    .understand(text, context)
    .then((model) => parentPort?.postMessage({ id, model }))
    // The owner's deadline turns silence into "not understood".
    .catch(() => undefined);
});
