import { visibleText } from '../approval/visible.ts';

/** A plain table for a person's terminal; values that came from outside are made visible, so that none can write on it. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map((cell) => visibleText(cell)));
  const widths = header.map((name, at) => Math.max(name.length, ...safe.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(header), ...safe.map(line), ''].join('\n');
}
