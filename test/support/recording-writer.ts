/** A process that records numbered lines and prints each number once it is acknowledged. Status 3: writing failed. */
import { maskBytes, maskText } from './masking.ts';
import { header, testRecorder } from './recording.ts';
import { say } from './say.ts';

const [stateDirectory = '', channel = 'c0'] = process.argv.slice(2);
const codeOf = (error: unknown) => (error as { code?: string }).code;
const recording = await testRecorder(stateDirectory).open({ ...header, channel });
await say(process.stdout, `${recording.name}`);
try {
  for (let n = 0; ; n++) {
    await recording.output('stdout', maskBytes(`line ${n} ${'x'.repeat(n % 200)}\n`));
    await say(process.stdout, `${n}`);
  }
} catch (error) {
  const later = await recording.marker(maskText('later')).catch(codeOf);
  const closing = await recording.close().catch(codeOf);
  await say(process.stderr, `${codeOf(error)} later=${later} close=${closing}`);
  process.exitCode = 3;
}
