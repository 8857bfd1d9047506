/**
 * `npm run bench [-- PART…] [--quick] [--json]`: figures to paste into the commit that claims them. Only figures of
 * one run compare; a shared machine is faster in one minute than in the next. `--quick` shows that everything is still
 * measured; its figures are of too little to be quoted, but for those of the policy, which are cheap enough.
 */
import '../../src/engine.ts';
import { run as runEvidence } from './evidence.ts';
import { run as runHolds } from './holds.ts';
import { format as formatPolicy, run as runPolicy } from './policy.ts';
import { run as runProgram } from './program.ts';

const parts = ['ssh', 'evidence', 'holds', 'policy'] as const;
const args = process.argv.slice(2);
const isQuick = args.includes('--quick');
const isJson = args.includes('--json');
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = wanted.filter((part) => !parts.some((known) => known === part));
if (unknown.length > 0) {
  process.stderr.write(`unknown part ${unknown.join(', ')}; there are ${parts.join(', ')}\n`);
  process.exit(64);
}
const isWanted = (part: (typeof parts)[number]) => wanted.length === 0 || wanted.includes(part);
const results: Record<string, unknown> = {};
const log = (line: string) => void process.stderr.write(`${line}\n`);

if (isWanted('ssh')) {
  const result = await runProgram(isQuick, log);
  const plain = result.latency.find(({ way }) => way === 'plain sshd');
  const ours = result.latency.find(({ way }) => way === 'Sallyport');
  if (plain !== undefined && ours !== undefined) {
    log(`ratio       \`true\` through Sallyport takes ${(ours.medianMs / plain.medianMs).toFixed(2)} of plain sshd`);
  }
  for (const { way, medianMBps } of result.throughput) {
    const base = result.throughput[0]?.medianMBps ?? Number.NaN;
    log(`ratio       throughput of ${way}: ${(medianMBps / base).toFixed(2)} of plain sshd`);
  }
  results.ssh = result;
}
if (isWanted('policy')) {
  // --lines=FILE: JSON lines with a `command`, instead of the built-in ones.
  const linesFile = args.find((arg) => arg.startsWith('--lines='))?.slice('--lines='.length);
  const figures = await runPolicy(linesFile === undefined ? {} : { linesFile });
  for (const line of formatPolicy(figures).trimEnd().split('\n')) log(`policy      ${line}`);
  results.policy = figures;
}
if (isWanted('evidence')) {
  const figures = await runEvidence(isQuick);
  for (const { name, value, unit } of figures) log(`evidence    ${name.padEnd(40)} ${value} ${unit}`);
  results.evidence = figures;
}
if (isWanted('holds')) {
  const count = isQuick ? 100 : 10_000;
  const figures = [...(await runHolds('embedded', count)), ...(await runHolds('redis', count))];
  for (const { name, value, unit } of figures) log(`holds       ${name.padEnd(44)} ${value.toFixed(2)} ${unit}`);
  results.holds = figures;
}
if (isJson) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
