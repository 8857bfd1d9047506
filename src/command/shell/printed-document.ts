/**
 * `"$(cat <<'EOF' … EOF)"`, which is how agents write a text of several lines as one word: what it comes to.
 *
 * The word is known then, and is printed as such: no target sees the heredoc. INVARIANT: bash, dash and busybox all make
 * this value of it. bash ends a heredoc in a substitution at a line that only begins with the end mark, so a text with
 * such a line is not taken; nor is one behind another heredoc of the same line, or where `cat` may be a function.
 */
const document = /^\$\(cat << ?(?:(['"])([A-Za-z_]\w*)\1|([A-Za-z_]\w*))\n/;
const ownCat = /\bcat\s*\(|\bfunction\s+cat\b/;

/** Undefined when the substitution between these places is anything else. */
export function printedDocument(source: string, start: number, end: number): string | undefined {
  const text = source.slice(start, end);
  const [head, , quoted, bare] = document.exec(text) ?? [];
  const mark = quoted ?? bare;
  if (head === undefined || mark === undefined) return undefined;
  const lines = text.slice(head.length).split('\n');
  const at = lines.findIndex((line) => line.startsWith(mark));
  const body = lines.slice(0, at).join('\n');
  if (at === -1 || lines[at] !== mark || !/^[ \t\n]*\)$/.test(lines.slice(at + 1).join('\n'))) return undefined;
  if (bare !== undefined && /[$`\\]/.test(body)) return undefined;
  const before = source.slice(source.lastIndexOf('\n', start) + 1, start);
  return before.includes('<<') || ownCat.test(source) ? undefined : body.replace(/\n+$/, '');
}
