/** Asks what a tool does, wherever the shell may be, and what it could leave out of somebody's home. */
import type { PathObject, Word } from '../model.ts';
import type { ToolReading } from '../reading.ts';
import { emptyReading } from './builtin.ts';
import type { Call, Host } from './scene.ts';
import { originOf } from './words.ts';

/** Only in bash, and not of busybox: there the tools know the words less well. */
function isToldToNarrow({ run }: Host, { words, scene }: Call): boolean | undefined {
  if (run.narrowing === undefined) return undefined;
  if (scene.dialect !== 'bash' || scene.via.some((step) => /^(?:busy|toy)box\b/.test(step))) return false;
  const [name] = words;
  const template = name === undefined ? undefined : originOf(run, name)?.template;
  return template !== undefined && run.narrowing.has(template);
}

/** Asks the tool reader, once for every directory the shell may be in. */
export function readTool(host: Host, call: Call): ToolReading {
  const { words, scene, state, stdin } = call;
  let whole: ToolReading | undefined;
  for (const workingDirectory of state.directories) {
    let reading: ToolReading;
    try {
      reading = host.run.readTool(words, {
        workingDirectory,
        homeDirectory: state.home,
        runsAs: scene.runsAs,
        mayNameDevices: host.run.mayNameDevices,
        stdinText: stdin.text,
        stdinNames: stdin.names,
        stdinTame: stdin.tame,
        feeds: call.feeds,
        narrows: isToldToNarrow(host, call),
      });
    } catch {
      const reason = 'The description of this tool could not be applied.';
      return emptyReading(undefined, {
        effects: [{ kind: 'unknown', why: reason }],
        stdin: 'unknown',
        unknowns: [{ code: 'TOOL_READER_FAILED', reason, span: call.span }],
      });
    }
    whole = whole === undefined ? reading : merged(whole, reading);
  }
  return whole ?? emptyReading('');
}

export function noteWideSearch({ run }: Host, name: Word): void {
  const origin = originOf(run, name);
  if (origin === undefined) return;
  run.wideSearches ??= new Set();
  run.wideSearches.add(origin.template);
}

/** What holds wherever the shell is: the words mean the same, and touch other files. */
function merged(a: ToolReading, b: ToolReading): ToolReading {
  const effects = b.effects.filter(({ kind, why }) => !a.effects.some((one) => one.kind === kind && one.why === why));
  const unknowns = b.unknowns.filter(
    ({ code, reason }) => !a.unknowns.some((one) => one.code === code && one.reason === reason),
  );
  return {
    ...a,
    effects: [...a.effects, ...effects],
    paths: mergePaths(a.paths, b.paths),
    unknowns: [...a.unknowns, ...unknowns],
    wideSearches: a.wideSearches ?? b.wideSearches,
  };
}

function mergePaths(a: readonly PathObject[], b: readonly PathObject[]): readonly PathObject[] {
  const keys = new Set(a.map((path) => JSON.stringify(path)));
  return [...a, ...b.filter((path) => !keys.has(JSON.stringify(path)))];
}
