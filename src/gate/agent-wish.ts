/** Reads what an agent wrote to the bastion itself. HOSTILE: every word comes from the agent; what is not exactly known is wrong. */

export type AgentWish = { readonly asJson: boolean } & (
  | { readonly kind: 'help' | 'whoami' | 'holds' }
  | { readonly kind: 'withdraw'; readonly id: string }
  | {
      readonly kind: 'explain';
      readonly target: string;
      /** Undefined: the target's default. */
      readonly account: string | undefined;
      /** Exactly what would be sent. */
      readonly command: Buffer;
    }
  | { readonly kind: 'wait'; readonly id: string; readonly timeoutMs: number }
  | { readonly kind: 'wrong'; readonly problem: string }
);

const maxBytes = 1_000;
const defaultTimeoutS = 600;
const maxTimeoutS = 3_600;
const holdId = /^h-[0-9a-z]{1,40}$/;

const explained = 'sallyport explain ';
const separator = ' -- ';

function isExplain(command: Buffer): boolean {
  return command.subarray(0, explained.length).toString('latin1') === explained;
}

/** Only the bytes before ` -- ` are ours to read; how many may follow is the limit of a command. */
function parseExplain(command: Buffer): AgentWish {
  const at = command.indexOf(separator);
  const options = command.subarray(0, at < 0 ? command.length : at);
  const words = options.subarray(0, maxBytes).toString('utf8').split(/\s+/).filter(Boolean).slice(2);
  const asJson = words.includes('--json');
  const wrong = (problem: string): AgentWish => ({ kind: 'wrong', problem, asJson });
  const usage = 'explain wants --target TARGET [--account ACCOUNT] [--json] -- COMMAND';
  const given = new Map<string, string>();
  const rest = words.filter((word) => word !== '--json');
  for (let each = 0; each < rest.length; each += 2) {
    const [name = '', value] = rest.slice(each, each + 2);
    const isKnown = (name === '--target' || name === '--account') && !given.has(name);
    if (!isKnown || value === undefined) return wrong(usage);
    given.set(name, value);
  }
  const target = given.get('--target');
  const text = at < 0 ? Buffer.alloc(0) : command.subarray(at + separator.length);
  if (target === undefined || text.length === 0 || options.length > maxBytes) return wrong(usage);
  return { kind: 'explain', target, account: given.get('--account'), command: text, asJson };
}

export function parseAgentWish(command: Buffer): AgentWish {
  if (isExplain(command)) return parseExplain(command);
  if (command.length > maxBytes) return { kind: 'wrong', problem: 'too long', asJson: false };
  const words = command.toString('utf8').split(/\s+/).filter(Boolean);
  const asJson = words.includes('--json');
  const wrong = (problem: string): AgentWish => ({ kind: 'wrong', problem, asJson });
  const [first, verb, ...rest] = words.filter((word) => word !== '--json');
  if (first !== 'sallyport') return wrong('this is the bastion itself; connect as TARGET@bastion to run a command');
  if (verb === undefined || verb === 'help' || verb === '--help') return { kind: 'help', asJson };
  if (verb === 'whoami' || verb === 'holds')
    return rest.length === 0 ? { kind: verb, asJson } : wrong(`${verb} takes nothing but --json`);
  if (verb !== 'withdraw' && verb !== 'wait') return wrong('no such command');
  const [id, ...options] = rest;
  if (id === undefined || !holdId.test(id)) return wrong(`${verb} needs the id of a hold, like h-1a2b3c4d5e6f`);
  if (verb === 'withdraw') return options.length === 0 ? { kind: verb, id, asJson } : wrong('withdraw takes one id');
  if (options.length === 0) return { kind: verb, id, timeoutMs: defaultTimeoutS * 1_000, asJson };
  const [name, seconds = ''] = options;
  if (name !== '--timeout' || options.length !== 2 || !/^[1-9]\d{0,3}$/.test(seconds) || Number(seconds) > maxTimeoutS)
    return wrong(`wait takes --timeout SECONDS, at most ${maxTimeoutS}`);
  return { kind: verb, id, timeoutMs: Number(seconds) * 1_000, asJson };
}
