import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { digestOutput, openCast } from '../../src/recording/cast-file.ts';
import { castText } from '../../src/recording/playback.ts';
import { repairRecordings } from '../../src/recording/repair.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { maskBytes, maskText } from '../support/masking.ts';
import { header, testRecorder } from '../support/recording.ts';

const writer = new URL('../support/recording-writer.ts', import.meta.url).pathname;
const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest('hex');
const asciinema = '/usr/bin/asciinema';
const asciinemaCat = (path: string) => {
  if (!existsSync(asciinema)) throw new Error(`${asciinema} is missing; run: apt-get install asciinema`);
  // It wants a terminal to print to; script(1) gives it one.
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  return spawnSync('script', ['-qec', `${asciinema} cat '${path}'`, '/dev/null'], { encoding: 'utf8', env });
};

async function textOf(path: string): Promise<string> {
  let text = '';
  for await (const part of castText(await openCast(path))) text += part;
  return text;
}

async function eventsOf(path: string): Promise<[string, string][]> {
  const events: [string, string][] = [];
  for await (const { code, data } of (await openCast(path)).events) events.push([code, data]);
  return events;
}

describe('a recording', () => {
  it('is on disk, private and loadable, when open resolves', async () => {
    const directory = temporaryDirectory();
    const recording = await testRecorder(directory).open(header);
    const path = join(directory, recording.name);
    expect(recording.name).toBe('recordings/2031-05-01/s1-c0.cast');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'recordings')).mode & 0o777).toBe(0o700);
    const cast = await openCast(path);
    await cast.close();
    expect(cast.header).toMatchObject({ version: 2, width: 80, height: 24, command: 'ls -la /' });
    expect(await eventsOf(path)).toEqual([['o', '']]);
    await recording.close();
  });

  it('has each event in the file when its call resolves: both streams, markers, sizes', async () => {
    const directory = temporaryDirectory();
    let ms = 0;
    const recording = await testRecorder(directory, { monotonicMs: () => ms }).open(header);
    const path = join(directory, recording.name);
    ms = 250;
    await recording.output('stdout', maskBytes('out\n'));
    ms = 1500;
    await recording.output('stderr', maskBytes('err\n'));
    await recording.marker(maskText('allowed by look-around'));
    await recording.resize(120, 40);
    expect(readFileSync(path, 'utf8').split('\n').slice(2)).toEqual([
      '[0.250000,"o","out\\r\\n"]',
      '[1.500000,"o","err\\r\\n"]',
      '[1.500000,"m","allowed by look-around"]',
      '[1.500000,"r","120x40"]',
      '',
    ]);
    const { outputSha256 } = await recording.close();
    expect(outputSha256).toBe(sha256('out\nerr\n'));
    expect(await digestOutput(path)).toBe(outputSha256);
    await expect(recording.output('stdout', maskBytes('late'))).rejects.toMatchObject({ code: 'RECORDING_CLOSED' });
  });

  it.each(['grüße 😀 日本\n', 'a\r\nb\rc\n', '\x1b[31mred\x1b[0m\n'])(
    'keeps %j, whatever packets it comes in',
    async (text) => {
      const bytes = Buffer.from(text);
      for (let at = 1; at < bytes.length; at++) {
        const directory = temporaryDirectory();
        const recording = await testRecorder(directory).open(header);
        await recording.output('stdout', maskBytes(bytes.subarray(0, at)));
        await recording.output('stderr', maskBytes('|'));
        await recording.output('stdout', maskBytes(bytes.subarray(at)));
        const { outputSha256 } = await recording.close();
        const path = join(directory, recording.name);
        expect(await digestOutput(path)).toBe(outputSha256);
        expect((await textOf(path)).replace('|', '')).not.toContain('\ufffd');
      }
    },
  );

  it('keeps the exact bytes of output that is no text', async () => {
    const directory = temporaryDirectory();
    const recording = await testRecorder(directory).open(header);
    const bytes = randomBytes(200_000);
    await recording.output('stdout', maskBytes(bytes));
    const { outputSha256 } = await recording.close();
    expect(outputSha256).toBe(sha256(bytes));
    expect(await digestOutput(join(directory, recording.name))).toBe(outputSha256);
  });

  it('is read by asciinema of Debian', async () => {
    const directory = temporaryDirectory();
    const recording = await testRecorder(directory).open(header);
    const path = join(directory, recording.name);
    expect(asciinemaCat(path)).toMatchObject({ status: 0, stdout: '' });
    await recording.marker(maskText('allowed by look-around'));
    await recording.output('stdout', maskBytes('grüße\n'));
    await recording.output('stderr', maskBytes(Buffer.from([0xff, 0x41, 0x0a])));
    await recording.resize(100, 30);
    await recording.close();
    expect(asciinemaCat(path)).toMatchObject({ status: 0, stdout: 'grüße\r\n\ufffdA\r\n' });
  });

  it('refuses ids that would leave its directory', async () => {
    const recorder = testRecorder(temporaryDirectory());
    await expect(recorder.open({ ...header, session: '../x' })).rejects.toMatchObject({
      code: 'RECORDING_NAME_INVALID',
    });
  });

  it('is never written over', async () => {
    const recorder = testRecorder(temporaryDirectory());
    const first = await recorder.open(header);
    await expect(recorder.open(header)).rejects.toMatchObject({
      code: 'RECORDING_WRITE_FAILED',
      publicMessage: expect.stringContaining('did not run'),
    });
    await first.close();
  });

  it('stops an action that would print more than a recording may hold', async () => {
    const recording = await testRecorder(temporaryDirectory(), { maxBytes: 5000 }).open(header);
    await expect(recording.output('stdout', maskBytes('x'.repeat(6000)))).rejects.toMatchObject({
      code: 'RECORDING_TOO_LARGE',
    });
    await expect(recording.output('stdout', maskBytes('x'))).rejects.toMatchObject({ code: 'RECORDING_TOO_LARGE' });
    await expect(recording.close()).rejects.toMatchObject({ code: 'RECORDING_TOO_LARGE' });
  });
});

describe('a crash', () => {
  it('leaves every acknowledged line; repair ends the file and asciinema reads it', async () => {
    const directory = temporaryDirectory();
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, ['--import', 'tsx', writer, directory, `c${round}`]);
      let [name, acknowledged, errors] = ['', -1, ''];
      child.stderr.on('data', (chunk: Buffer) => {
        errors += chunk.toString();
      });
      for await (const line of createInterface({ input: child.stdout })) {
        if (name === '') name = line;
        else acknowledged = Number(line);
        if (acknowledged >= 150 + round * 31) child.kill('SIGKILL');
      }
      if (child.signalCode === null) await once(child, 'exit');
      expect(child.signalCode, errors).toBe('SIGKILL');
      const repaired: string[] = [];
      await repairRecordings(directory, async (recording) => void repaired.push(recording.name));
      expect(repaired, errors).toEqual([name]);
      const path = join(directory, name);
      const lines = (await textOf(path)).split('\n');
      for (let n = 0; n <= acknowledged; n++) expect(lines[n]).toMatch(new RegExp(`^line ${n} x*$`));
      expect(asciinemaCat(path).stdout.split('\r\n')).toHaveLength(lines.length);
      expect(readdirSync(join(directory, 'recordings/.open'))).toEqual([]);
    }
  }, 60_000);

  it.each([
    { name: 'in an event', cut: 5 },
    { name: 'before the line feed', cut: 1 },
    { name: 'between events', cut: 0 },
  ])('torn $name is repaired: the whole events stay', async ({ cut }) => {
    const directory = temporaryDirectory();
    const recording = await testRecorder(directory).open(header);
    const path = join(directory, recording.name);
    await recording.output('stdout', maskBytes('first\n'));
    const whole = readFileSync(path, 'utf8');
    await recording.output('stdout', maskBytes('second\n'));
    if (cut > 0) truncateSync(path, statSync(path).size - cut);
    const size = statSync(path).size;
    const kept = cut === 0 ? size : whole.length;
    expect((await textOf(path)).startsWith('first\n')).toBe(true);
    const dropped: number[] = [];
    await repairRecordings(directory, async ({ bytesDropped }) => void dropped.push(bytesDropped));
    expect(dropped).toEqual([size - kept]);
    expect((await eventsOf(path)).at(-1)).toEqual(['m', 'interrupted: Sallyport stopped here']);
    await repairRecordings(directory, async ({ bytesDropped }) => void dropped.push(bytesDropped));
    expect(dropped).toHaveLength(1);
    await recording.close();
  });

  it('a line that does not parse ends the recording, not the reader', async () => {
    const directory = temporaryDirectory();
    const recording = await testRecorder(directory).open(header);
    await recording.output('stdout', maskBytes('kept\n'));
    await recording.close();
    appendFileSync(join(directory, recording.name), 'garbage\n[1,"o","after\\r\\n"]\n');
    expect(await textOf(join(directory, recording.name))).toBe('kept\n');
  });

  it('a full disk rejects the output and everything after it', async () => {
    const directory = temporaryDirectory();
    const command = `ulimit -f 64; trap '' XFSZ; exec "${process.execPath}" --import tsx "${writer}" "${directory}" c0`;
    const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    let acknowledged = -1;
    for await (const line of createInterface({ input: child.stdout })) acknowledged = Number(line);
    if (child.exitCode === null) await once(child, 'exit');
    expect(errors).toContain('RECORDING_WRITE_FAILED later=RECORDING_WRITE_FAILED close=RECORDING_WRITE_FAILED');
    expect(child.exitCode).toBe(3);
    const lines = (await textOf(join(directory, 'recordings/2031-05-01/s1-c0.cast'))).split('\n');
    expect(lines[acknowledged]).toMatch(new RegExp(`^line ${acknowledged} x*$`));
  }, 30_000);
});
