import type { ServerChannel } from 'ssh2';
import type { ClientChannel, Ending, Notice } from '../gate/ports.ts';
import type { MaskedBytes } from '../mask/masked-text.ts';
import { inlet } from '../transport/inlet.ts';
import type { Outlet } from '../transport/outlet.ts';
import { formatNotice, type NoticeStyle } from './notice.ts';
import { OrderedOutput, type OutputStream } from './ordered-output.ts';

/** RFC 4254 section 6.10, and the local names `@`-less clients understand. */
const signalName = /^[A-Z0-9]{1,16}$/;

/** The agent's side of one accepted channel. Nothing reads its stdin until the gate does, which stops the agent. */
export class AgentChannel implements ClientChannel {
  readonly stdin;
  readonly gone: AbortSignal;
  readonly #channel: ServerChannel;
  readonly #output: OrderedOutput;
  readonly #abort = new AbortController();
  readonly #style: NoticeStyle;
  #signalListener: ((name: string) => void) | undefined;
  #isFinished = false;

  constructor(channel: ServerChannel, outlet: Outlet, style: NoticeStyle) {
    this.#channel = channel;
    this.#style = style;
    this.gone = this.#abort.signal;
    // A late packet on a dying channel raises errors that mean nothing to anybody.
    channel.on('error', () => {});
    channel.stderr.on('error', () => {});
    this.stdin = inlet(channel);
    this.stdin.on('error', () => {});
    this.#output = new OrderedOutput(channel, outlet, this.gone);
  }

  write(stream: OutputStream, bytes: MaskedBytes): Promise<void> {
    return this.#output.write(stream, bytes);
  }

  notice(notice: Notice): Promise<void> {
    return this.#output.write('stderr', Buffer.from(formatNotice(notice, this.#style)));
  }

  onSignal(listener: (name: string) => void): void {
    this.#signalListener = listener;
  }

  /** HOSTILE: the name comes from the agent. */
  receiveSignal(name: string): void {
    if (signalName.test(name)) this.#signalListener?.(name);
  }

  /** Sends what is queued, then the status, then closes. Does nothing when the channel is gone. */
  async finish(ending: Ending): Promise<void> {
    if (this.#isFinished || this.gone.aborted) return;
    this.#isFinished = true;
    await this.#output.drained().catch(() => {});
    if (this.gone.aborted) return;
    if (ending.kind === 'exit') this.#channel.exit(ending.status);
    else this.#channel.exit(ending.signal.replace(/^SIG/, ''), ending.coreDumped, ending.message);
    this.#channel.end();
  }

  /** The channel or its connection is gone: everybody who waits on it is told. */
  leave(reason: Error): void {
    if (!this.gone.aborted) this.#abort.abort(reason);
  }
}
