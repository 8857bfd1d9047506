import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { inlet } from '../../src/transport/inlet.ts';

const read = async (stream: AsyncIterable<Buffer>) => {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
};

describe('inlet', () => {
  it('passes everything on, to the end', async () => {
    const source = new PassThrough();
    source.end('all of it');
    expect(await read(inlet(source))).toBe('all of it');
  });

  it('reads nothing ahead of its reader but one small buffer', async () => {
    const source = new PassThrough({ highWaterMark: 1 });
    const stream = inlet(source);
    let accepted = 0;
    const write = () => {
      accepted += 10_000;
      if (accepted < 10_000_000) source.write(Buffer.alloc(10_000), write);
    };
    write();
    await once(stream, 'readable');
    stream.read(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(accepted).toBeLessThan(200_000);
  });

  it('destroyed, leaves the source open and stopped', async () => {
    const source = new PassThrough();
    source.write('first');
    for await (const chunk of inlet(source)) {
      expect(String(chunk)).toBe('first');
      break;
    }
    expect(source.destroyed).toBe(false);
    expect(source.isPaused()).toBe(true);
  });

  it('destroyed and its source resumed, throws the rest away and lets the source end', async () => {
    const source = new PassThrough();
    inlet(source).destroy();
    source.resume();
    source.end(Buffer.alloc(1_000_000));
    await once(source, 'end');
  });

  it('ends when its source is torn down without an end', async () => {
    const source = new PassThrough();
    const stream = inlet(source);
    const done = read(stream);
    source.destroy();
    expect(await done).toBe('');
  });
});
