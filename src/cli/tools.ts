/** `sallyport tools`: what the library says about tools, for the people who write policies and descriptions. */
import type { Command } from 'commander';
import { prepareSql, programReaders } from '../command/readers/readers.ts';
import { checkExample, createToolReader, examplesOf, type Tool, type ToolLibrary } from '../command/tools/index.ts';
import { loadLibrary } from '../library.ts';
import type { CliIo } from './io.ts';

export function addToolsCommands(program: Command, io: CliIo): void {
  const tools = program.command('tools').description('tools: which are described and how, and checks of descriptions');
  const print = (text: string) => io.stdout.write(`${text}\n`);
  const directory = [
    '--library <dir...>',
    'directories with descriptions of your own, read after the shipped ones',
  ] as const;

  tools
    .command('list')
    .description('List every described tool with one line about it.')
    .option('--json', 'print JSON')
    .option(...directory)
    .action((options: { json?: boolean; library?: string[] }) => {
      const library = loadLibrary(options.library);
      const rows = [...library.tools].sort((a, b) => a.name.localeCompare(b.name, 'en'));
      if (options.json === true) {
        print(
          JSON.stringify(
            rows.map(({ name, aliases, about, file }) => ({ name, aliases, about, file })),
            null,
            2,
          ),
        );
        return;
      }
      const width = Math.max(...rows.map(({ name }) => name.length));
      for (const { name, about } of rows) print(`${name.padEnd(width)}  ${about}`);
      print(`${rows.length} tools`);
    });

  tools
    .command('show')
    .argument('<name>', 'name of the tool')
    .description('Show one description: options, sub-commands, effects, examples.')
    .option('--json', 'print the description as JSON')
    .option(...directory)
    .action((name: string, options: { json?: boolean; library?: string[] }) => {
      const library = loadLibrary(options.library);
      const tool = library.find(name);
      if (tool === undefined) {
        io.stderr.write(`no description knows "${name}"${nearest(name, library)}\n`);
        io.setExitCode(1);
        return;
      }
      print(options.json === true ? JSON.stringify(tool.description, null, 2) : picture(tool));
    });

  tools
    .command('check')
    .description('Load every description, run every example, and report all that is wrong.')
    .option(...directory)
    .action(async (options: { library?: string[] }) => {
      await prepareSql();
      const library = loadLibrary(options.library);
      const read = createToolReader(library, programReaders);
      let wrong = 0;
      for (const tool of library.tools) {
        for (const example of examplesOf(tool)) {
          const problem = checkExample(tool, example, read);
          if (problem === undefined) continue;
          wrong++;
          print(`${tool.file}: ${tool.name}: ${example.side} "${example.line}" ${problem}`);
        }
      }
      print(`${library.tools.length} tools, ${wrong} wrong examples`);
      if (wrong > 0) io.setExitCode(1);
    });
}

function picture(tool: Tool): string {
  const { command, description } = tool;
  const lines = [`${[tool.name, ...tool.aliases].join(', ')}${tool.isVersioned ? ' (also with a version)' : ''}`];
  lines.push(`  ${tool.about}`, `  ${tool.file}`);
  const effects = [...new Set(command.effects.map(({ kind }) => kind))];
  lines.push(`effects   ${effects.length === 0 ? 'read' : effects.join(' ')}`);
  if (description.operands !== undefined) lines.push(`operands  ${description.operands}`);
  if (description.flags !== undefined) lines.push(`flags     ${description.flags.trim()}`);
  for (const [names, option] of Object.entries(description.options ?? {})) {
    lines.push(`option    ${names}  ${typeof option === 'string' ? option : JSON.stringify(option)}`);
  }
  if (command.subcommands.size > 0) lines.push(`commands  ${[...command.subcommands.keys()].join(' ')}`);
  for (const { line, effects: wanted, side } of examplesOf(tool)) {
    lines.push(`${side.padEnd(9)} ${line}${wanted.length === 0 ? '' : `  → ${wanted.join(' ')}`}`);
  }
  return lines.join('\n');
}

function nearest(name: string, library: ToolLibrary): string {
  const names = library.tools.flatMap((tool) => [tool.name, ...tool.aliases]);
  const close = names.filter((other) => other.startsWith(name.slice(0, 3)) && name.length > 1).slice(0, 5);
  return close.length === 0 ? '' : `; did you mean ${close.join(', ')}?`;
}
