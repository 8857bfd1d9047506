import { SallyportError } from '../errors.ts';

/** The port that a flag names, 0 for a free one; throws CLI_USAGE. */
export function portOf(text: string, flag: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new SallyportError('CLI_USAGE', `${flag} wants a port from 0 to 65535, not ${JSON.stringify(text)}`);
  }
  return port;
}
