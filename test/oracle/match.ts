import type { CommandModel, Word } from '../../src/command/model.ts';

/** Whether this argv is one that the words stand for; a dynamic word may be none or several. */
export function matches(words: readonly Word[], argv: readonly string[]): boolean {
  const [word, ...others] = words;
  if (word === undefined) return argv.length === 0;
  const [first, ...rest] = argv;
  if (word.kind === 'known') return first === word.value && matches(others, rest);
  if (matches(others, argv)) return true;
  return first?.startsWith(word.prefix) === true && (matches(others, rest) || matches([word, ...others], rest));
}

/** Executed commands that no command of the model stands for. */
export function escapes(model: CommandModel, executed: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return executed.filter((argv) => !model.commands.some((command) => matches(command.argv, argv)));
}
