/** Resolves `.`, `..` and repeated slashes textually, as `cd` does for the directory it remembers. */
export function normalisePath(path: string): string {
  const isAbsolute = path.startsWith('/');
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..' && segments.length > 0 && segments.at(-1) !== '..') segments.pop();
    else if (segment !== '..' || !isAbsolute) segments.push(segment);
  }
  return isAbsolute ? `/${segments.join('/')}` : segments.join('/') || '.';
}

/** Where a name leads from a directory; undefined from one nobody knows. */
export function moveTo(target: string, from: string | undefined): string | undefined {
  if (target.startsWith('/')) return normalisePath(target);
  return from === undefined ? undefined : normalisePath(`${from}/${target}`);
}
