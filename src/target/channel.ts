/**
 * One command on a target as the gate sees it.
 *
 * ssh2 reports a channel closed before its standard error was read to the end, drops signals after our EOF, and never
 * calls back for a write to a channel that has closed. Here the end is the end of both streams and the channel, signals
 * work until then, and a write to a closed channel fails.
 */
import { Writable } from 'node:stream';
import type { ClientChannel as SshChannel } from 'ssh2';
import type { TargetChannel, TargetEnd } from '../gate/ports.ts';
import { inlet } from '../transport/inlet.ts';
import type { Outlet } from '../transport/outlet.ts';

/** A command that ignores TERM is killed after this. */
const killAfterMs = 2_000;
/** A target that does not answer our close is given up after this. */
const giveUpAfterMs = 5_000;

export class RemoteCommand implements TargetChannel {
  readonly stdin: Writable;
  readonly stdout;
  readonly stderr;
  readonly ended: Promise<TargetEnd>;
  readonly #channel: SshChannel;
  readonly #outlet: Outlet;
  #settle: (end: TargetEnd) => void = () => {};
  #isClosing = false;
  #hasEnded = false;

  constructor(channel: SshChannel, outlet: Outlet) {
    this.#channel = channel;
    this.#outlet = outlet;
    channel.on('error', () => {});
    channel.stderr.on('error', () => {});
    this.stdin = this.#input();
    this.stdout = inlet(channel);
    this.stderr = inlet(channel.stderr);
    this.stdout.on('error', () => {});
    this.stderr.on('error', () => {});
    this.ended = this.#watch();
  }

  /** Signals the command's process group; nothing happens after its end. */
  signal(name: string): void {
    if (this.#hasEnded) return;
    const state = channelState(this.#channel);
    if (state !== undefined) this.#outlet.signal(state, name);
  }

  /** Ends the command: TERM, then KILL, then the channel is closed whatever the target says. */
  close(): void {
    if (this.#isClosing || this.#hasEnded) return;
    this.#isClosing = true;
    // Nobody reads any more; without this the command could hang in a write and never see its end.
    for (const stream of [this.stdout, this.stderr]) {
      stream.destroy();
      stream.once('close', () => {});
    }
    this.#channel.resume();
    this.#channel.stderr.resume();
    this.stdin.destroy();
    this.signal('TERM');
    const kill = setTimeout(() => {
      this.signal('KILL');
      this.#channel.close();
    }, killAfterMs);
    const giveUp = setTimeout(
      () => this.#end({ kind: 'lost', reason: 'the target did not close the channel' }),
      giveUpAfterMs,
    );
    kill.unref();
    giveUp.unref();
    void this.ended.then(() => {
      clearTimeout(kill);
      clearTimeout(giveUp);
    });
  }

  #input(): Writable {
    const channel = this.#channel;
    let pending: ((error?: Error | null) => void) | undefined;
    const gone = () => Object.assign(new Error('the command on the target has ended'), { code: 'EPIPE' });
    const stdin = new Writable({
      highWaterMark: 64 * 1024,
      write: (chunk: Buffer, _encoding, callback) => {
        pending = callback;
        const done = (error?: Error | null) => {
          if (pending !== callback) return;
          pending = undefined;
          callback(error);
        };
        this.#outlet.whenOpen(() => {
          if (this.#hasEnded || !channel.writable) done(gone());
          else channel.write(chunk, () => done());
        });
      },
      final: (callback) => {
        // Sends EOF only: the target may go on writing.
        channel.end();
        callback();
      },
    });
    stdin.on('error', () => {});
    channel.once('close', () => {
      const callback = pending;
      pending = undefined;
      callback?.(gone());
    });
    return stdin;
  }

  #watch(): Promise<TargetEnd> {
    const channel = this.#channel;
    let end: TargetEnd = { kind: 'lost', reason: 'the connection to the target was lost' };
    channel.once('exit', (status: number | null, signal?: string, coreDumped?: boolean | string, message?: string) => {
      end =
        status === null
          ? {
              kind: 'signal',
              signal: (signal ?? 'SIGTERM').replace(/^SIG/, ''),
              coreDumped: coreDumped === true,
              message: message ?? '',
            }
          : { kind: 'exit', status };
    });
    const parts = [ending(channel, 'end'), ending(channel.stderr, 'end'), ending(channel, 'close')];
    return new Promise((resolve) => {
      this.#settle = resolve;
      void Promise.all(parts).then(() => this.#end(end));
    });
  }

  #end(end: TargetEnd): void {
    this.#hasEnded = true;
    this.#settle(end);
  }
}

function ending(stream: NodeJS.EventEmitter, event: string): Promise<void> {
  return new Promise((resolve) => stream.once(event, () => resolve()));
}

/** The target's number of an open channel; undefined once it is closed. ssh2's types do not show it. */
function channelState(channel: object): number | undefined {
  if (!('outgoing' in channel) || typeof channel.outgoing !== 'object' || channel.outgoing === null) return undefined;
  const { outgoing } = channel;
  if (!('id' in outgoing) || typeof outgoing.id !== 'number' || !('state' in outgoing)) return undefined;
  return outgoing.state === 'open' || outgoing.state === 'eof' ? outgoing.id : undefined;
}
