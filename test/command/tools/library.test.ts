import { describe, expect, it } from 'vitest';
import { readLibrary } from '../../../src/command/tools/index.ts';

const valid = `tools:
  - name: mytool
    about: Does things.
    flags: -a --all
    operands: path...
    accepts: [mytool -a x]
    refuses: { mytool -x: unknown }
`;
const problemsOf = (...texts: readonly string[]) => {
  const reading = readLibrary(texts.map((text, i) => ({ file: `${i}.yaml`, text })));
  return reading.kind === 'problems' ? reading.problems : [];
};

describe('a library', () => {
  it('finds a tool by name, alias and version, and nothing else', () => {
    const text = valid.replace('    about', '    aliases: other\n    versioned: true\n    about');
    const reading = readLibrary([{ file: 'a.yaml', text }]);
    const find = (name: string) => (reading.kind === 'library' ? reading.library.find(name)?.name : 'problems');
    expect(
      ['mytool', 'other', 'mytool3', 'mytool3.11', 'mytool-3.11', 'mytool3x', '3', 'constructor'].map(find),
    ).toEqual([...Array.from({ length: 5 }, () => 'mytool'), undefined, undefined, undefined]);
  });

  it.each([
    { name: 'an unknown key', text: valid.replace('flags:', 'flag:'), line: 2, says: /flag/ },
    {
      name: 'a role that does not exist',
      text: valid.replace('path...', 'paht...'),
      line: 5,
      says: /"paht" is not a role/,
    },
    { name: 'an option described twice', text: valid.replace('-a --all', '-a -a'), line: 4, says: /-a.*twice/ },
    {
      name: 'an option without a dash',
      text: valid.replace('-a --all', 'all'),
      line: 4,
      says: /not the name of an option/,
    },
    { name: 'no example that is refused', text: valid.replace(/ {4}refuses.*\n/, ''), line: 2, says: /refuses/ },
    {
      name: 'two slots that take any number',
      text: valid.replace('path...', 'a=path... b=text...'),
      line: 5,
      says: /one slot/,
    },
    {
      name: 'a slot that is not there',
      text: `${valid}    options: { -f: { value: text, fills: nothing } }\n`,
      line: 8,
      says: /no slot "nothing"/,
    },
    {
      name: 'a condition that spares an option for what another in its line says',
      text: `${valid}    options: { -l --list -s --sort: text }\n    when: { "path !-l !--list": [write] }\n`,
      line: 9,
      says: /spares -s too/,
    },
    { name: 'an effect that does not exist', text: `${valid}    effects: [explode]\n`, line: 8, says: /effects/ },
    { name: 'text that is not YAML', text: 'tools: [', line: 1, says: /./ },
  ])('refuses $name, with its line', ({ text, line, says }) => {
    const [problem] = problemsOf(text);
    expect(problem).toMatchObject({ file: '0.yaml', line });
    expect(problem?.problem).toMatch(says);
  });

  it('reports every problem at once', () => {
    expect(problemsOf(valid.replace('path...', 'nope'), valid.replace('flags', 'flgs'))).toHaveLength(2);
  });

  it('lets a description be replaced only by one that says so', () => {
    expect(problemsOf(valid, valid)).toMatchObject([
      { file: '1.yaml', problem: expect.stringContaining('replaces: true') },
    ]);
    expect(problemsOf(valid, valid.replace('    about', '    replaces: true\n    about'))).toEqual([]);
  });
});
