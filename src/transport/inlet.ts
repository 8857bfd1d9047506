import { Readable } from 'node:stream';

/** Small on purpose: what is not read here stays in the SSH window and stops the peer. */
const bufferBytes = 64 * 1024;

/**
 * A Readable over one stream of an ssh2 channel. ssh2's channels are Duplexes whose `destroy()` closes the whole channel,
 * which a `for await` does on leaving; destroying an inlet only stops reading, so unread bytes stop the peer.
 */
export function inlet(source: Readable): Readable {
  const readable = new Readable({
    highWaterMark: bufferBytes,
    read() {
      source.resume();
    },
    destroy(error, callback) {
      source.pause();
      callback(error);
    },
  });
  source.pause();
  source.on('data', (chunk: Buffer) => {
    // Whoever resumes the source after we were destroyed wants the rest thrown away.
    if (!readable.destroyed && !readable.push(chunk)) source.pause();
  });
  source.once('end', () => readable.push(null));
  // A stream that ssh2 tears down without an end must not leave the reader waiting.
  source.once('close', () => {
    if (!readable.readableEnded && !readable.destroyed) readable.push(null);
  });
  return readable;
}
