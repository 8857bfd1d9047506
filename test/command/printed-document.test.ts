import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { printedDocument } from '../../src/command/shell/printed-document.ts';

const read = (text: string, source = text) => {
  const start = source.indexOf(text);
  return printedDocument(source, start, start + text.length);
};

describe('a text that cat prints out of a heredoc', () => {
  it.each([
    { name: 'one line', text: "$(cat <<'EOF'\na\nEOF\n)", want: 'a' },
    { name: 'several, without the newlines at the end', text: "$(cat <<'EOF'\na\n\nb\n\n\nEOF\n)", want: 'a\n\nb' },
    { name: 'nothing', text: "$(cat <<'EOF'\nEOF\n)", want: '' },
    {
      name: 'what shells would expand',
      text: "$(cat <<'EOF'\nIt's \"$x\" `y` \\ (\nEOF\n)",
      want: 'It\'s "$x" `y` \\ (',
    },
    { name: 'an end mark further in', text: '$(cat << "E"\n E\nxE\nE\n )', want: ' E\nxE' },
    { name: 'a bare end mark', text: '$(cat <<EOF\na b\nEOF\n)', want: 'a b' },
    { name: 'a line that begins with the end mark', text: "$(cat <<'EOF'\nEOFx\nEOF\n)", want: undefined },
    { name: 'a command behind it', text: "$(cat <<'EOF'\na\nEOF\nid)", want: undefined },
    { name: 'a command beside it', text: "$(cat <<'EOF'; id\na\nEOF\n)", want: undefined },
    { name: 'another word', text: "$(cat - <<'EOF'\na\nEOF\n)", want: undefined },
    { name: 'another command', text: "$(tac <<'EOF'\na\nEOF\n)", want: undefined },
    { name: 'no end', text: "$(cat <<'EOF'\na\n)", want: undefined },
    { name: 'tabs that go', text: "$(cat <<-'EOF'\n\ta\nEOF\n)", want: undefined },
    { name: 'an expansion', text: '$(cat <<EOF\n$x\nEOF\n)', want: undefined },
  ])('$name', ({ text, want }) => {
    expect(read(text)).toBe(want);
  });

  it('is what bash makes of it', () => {
    for (const body of ['a', ') "', "'", '$(', '`', 'case x in y)', '#', '\\', '<<B', ' EOF', '${x', '\n', '']) {
      const text = `$(cat <<'EOF'\n${body}\nEOF\n)`;
      expect(execFileSync('bash', ['-c', `printf %s "${text}"`], { encoding: 'utf8' })).toBe(read(text));
    }
  });

  it('is nothing where another heredoc is open, or cat is a function', () => {
    const text = "$(cat <<'EOF'\na\nEOF\n)";
    expect(read(text, `cat <<'A' "${text}"\nA`)).toBeUndefined();
    expect(read(text, `cat() { id; }; echo "${text}"`)).toBeUndefined();
    expect(read(text, `function cat { id; }; echo "${text}"`)).toBeUndefined();
    expect(read(text, `cat <<'A' > f\nx\nA\necho "${text}"`)).toBe('a');
  });
});
