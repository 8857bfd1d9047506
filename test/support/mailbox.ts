import { onTestFinished } from 'vitest';
import { type Mailbox, startMailbox } from '../../src/dev/mailbox.ts';

export async function testMailbox(): Promise<Mailbox> {
  const mailbox = await startMailbox({ smtpPort: 0, webPort: 0, host: '127.0.0.1' });
  onTestFinished(() => mailbox.close());
  return mailbox;
}
