/**
 * A gate without judgement: runs what it is given on the target. Lets the two SSH legs be tested with each other before
 * and beside the real gate. Not a mock: both legs, the target and the client are real.
 */
import type { ClientChannel, Ending, ExecRequest, Targets } from '../../src/gate/ports.ts';
import type { MaskedBytes } from '../../src/mask/masked-text.ts';

export function passthrough(targets: Targets): (request: ExecRequest) => Promise<Ending> {
  return async ({ target, account, command, environment, client }) => {
    const text = command.toString();
    const channel = await targets.run(target, account, { command: text, environment }, client.gone);
    client.gone.addEventListener('abort', () => channel.close());
    client.onSignal((name) => channel.signal(name));
    client.stdin.pipe(channel.stdin);
    await Promise.all([copy(channel.stdout, 'stdout', client), copy(channel.stderr, 'stderr', client)]);
    const end = await channel.ended;
    switch (end.kind) {
      case 'exit':
      case 'signal':
        return end;
      case 'lost':
        await client.notice({ event: 'failed', message: end.reason });
        return { kind: 'exit', status: 69 };
    }
  };
}

async function copy(source: AsyncIterable<Buffer>, stream: 'stdout' | 'stderr', client: ClientChannel): Promise<void> {
  for await (const chunk of source) await client.write(stream, trusted(chunk));
}

/** Only here: nothing is masked in these tests. */
function trusted(bytes: Buffer): MaskedBytes {
  return bytes as MaskedBytes;
}
