import { SallyportError } from '../errors.ts';

/** `key=value` arguments as a record; throws CLI_USAGE on one without a key or without `=`. */
export function keyValues(entries: readonly string[], option: string): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      if (at < 1) throw new SallyportError('CLI_USAGE', `${option} wants key=value, not ${JSON.stringify(entry)}`);
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}
