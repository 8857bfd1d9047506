/** A process that records numbered lines and prints each number once it is acknowledged. Status 3: writing failed. */
import { errorCode } from '../../src/errors.ts';
import { maskBytes, maskText } from './masking.ts';
import { header, testRecorder } from './recording.ts';
import { say } from './say.ts';

const [stateDirectory = '', channel = 'c0'] = process.argv.slice(2);
const recording = await testRecorder(stateDirectory).open({ ...header, channel });
await say(process.stdout, `${recording.name}`);
try {
  for (let n = 0; ; n++) {
    await recording.output('stdout', maskBytes(`line ${n} ${'x'.repeat(n % 200)}\n`));
    await say(process.stdout, `${n}`);
  }
} catch (error) {
  const later = await recording.marker(maskText('later')).catch(errorCode);
  const closing = await recording.close().catch(errorCode);
  await say(process.stderr, `${errorCode(error)} later=${later} close=${closing}`);
  process.exitCode = 3;
}
