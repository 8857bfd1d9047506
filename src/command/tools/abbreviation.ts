import type { ToolOption } from './compile.ts';

/** The one option whose long name begins so (GNU getopt); undefined when none or several do. */
export function abbreviated(options: ReadonlyMap<string, ToolOption>, name: string): ToolOption | undefined {
  if (name.length < 3) return undefined;
  let found: ToolOption | undefined;
  for (const [key, option] of options) {
    if (!key.startsWith(name)) continue;
    if (found !== undefined && found !== option) return undefined;
    found = option;
  }
  return found;
}
