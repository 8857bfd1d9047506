/**
 * A process that appends numbered records for as long as it lives and prints each number once it is acknowledged.
 * The tests kill it or fill its disk. Status 3: the log failed, as reported on stderr.
 */
import { AuditLog } from '../../src/audit/log.ts';
import { errorCode } from '../../src/errors.ts';
import { say } from './say.ts';

const [directory = '', first = '0'] = process.argv.slice(2);
let fatal = 0;
const log = await AuditLog.open({
  directory,
  now: () => new Date(),
  maxSegmentBytes: 20_000_000,
  onFatal: () => {
    fatal += 1;
  },
});
for (let next = Number(first); ; next += 3) {
  const batch = [next, next + 1, next + 2];
  try {
    await Promise.all(
      batch.map((n) =>
        log.append({ event: 'process.stopped', reason: String(n) }).then(() => say(process.stdout, `${n}`)),
      ),
    );
  } catch (error) {
    const later = await log.append({ event: 'process.stopped', reason: 'later' }).catch(errorCode);
    await say(process.stderr, `${errorCode(error)} later=${later} fatal=${fatal}`);
    process.exitCode = 3;
    await log.close();
    break;
  }
}
