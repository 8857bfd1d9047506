/**
 * Who may log in: agents by their public keys.
 *
 * INVARIANT: a key is compared as the exact bytes the client signed for. Client bytes are never parsed as a key; the
 * parsed key that verifies comes from our configuration.
 */
import ssh2, { type ParsedKey } from 'ssh2';
import type { AgentConfig } from '../config.ts';
import { SallyportError } from '../errors.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { AgentIdentity } from '../gate/ports.ts';
import { minAgentRsaBits, publicKeyProblem } from '../public-key.ts';

const { utils } = ssh2;

export interface KnownKey {
  readonly key: ParsedKey;
  readonly fingerprint: string;
  /** Why this key may not log in now; undefined when it may. For the audit log only. */
  refusal(nowMs: number): string | undefined;
  identify(): AgentIdentity;
}

export interface AgentDirectory {
  /** Looks up by the raw public key blob (RFC 4253 section 6.6). */
  find(blob: Buffer): KnownKey | undefined;
}

/** Reads one OpenSSH public key line. Throws AGENT_KEY_UNUSABLE with the reason. */
export function parseAgentKey(line: string): ParsedKey {
  const unusable = (why: string) => new SallyportError('AGENT_KEY_UNUSABLE', `agent key cannot be used: ${why}`);
  const problem = publicKeyProblem(line, minAgentRsaBits);
  // ssh2 would read the nonce of a certificate as the key.
  if (problem !== undefined) throw unusable(problem);
  const parsed = utils.parseKey(line.trim());
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error) throw unusable('it is not an OpenSSH public key line');
  if (key.isPrivateKey()) throw unusable('it is a private key');
  return key;
}

/** The agents of the configuration; `replace` takes effect at once, also for those who are connected. */
export class ConfiguredAgents implements AgentDirectory {
  readonly #now: () => number;
  readonly #isOff: (agent: string) => boolean;
  #byBlob = new Map<string, { readonly agent: AgentConfig; readonly key: ParsedKey }>();

  /** `isOff` says who is refused although the configuration would let them in; asked every time. */
  constructor(
    agents: readonly AgentConfig[],
    now: () => number = Date.now,
    isOff: (agent: string) => boolean = () => false,
  ) {
    this.#now = now;
    this.#isOff = isOff;
    this.replace(agents);
  }

  /** Throws AGENT_KEY_UNUSABLE or AGENT_KEY_SHARED and changes nothing. */
  replace(agents: readonly AgentConfig[]): void {
    const byBlob = new Map<string, { readonly agent: AgentConfig; readonly key: ParsedKey }>();
    for (const agent of agents) {
      for (const line of agent.keys) {
        const key = parseAgentKey(line);
        const index = key.getPublicSSH().toString('base64');
        const other = byBlob.get(index);
        if (other !== undefined && other.agent.name !== agent.name) {
          throw new SallyportError(
            'AGENT_KEY_SHARED',
            `agents ${other.agent.name} and ${agent.name} have the same key; a key must name one agent`,
          );
        }
        byBlob.set(index, { agent, key });
      }
    }
    this.#byBlob = byBlob;
  }

  find(blob: Buffer): KnownKey | undefined {
    const index = blob.toString('base64');
    const entry = this.#byBlob.get(index);
    if (entry === undefined) return undefined;
    return {
      key: entry.key,
      fingerprint: fingerprintOf(blob),
      refusal: (nowMs) => this.#refusalOf(entry.agent, nowMs),
      identify: () => this.#identify(index, entry.agent, fingerprintOf(blob)),
    };
  }

  #identify(index: string, agent: AgentConfig, keyFingerprint: string): AgentIdentity {
    const current = () => {
      const entry = this.#byBlob.get(index);
      return entry?.agent.name === agent.name ? entry.agent : undefined;
    };
    return {
      name: agent.name,
      owner: agent.owner,
      get keysChangedBy() {
        return (current() ?? agent).keysChangedBy;
      },
      labels: agent.labels,
      keyFingerprint,
      isStillValid: () => {
        const now = current();
        return now !== undefined && this.#refusalOf(now, this.#now()) === undefined;
      },
      mayUse: (target, account) => {
        const targets = current()?.targets ?? {};
        return Object.hasOwn(targets, target) && (targets[target]?.includes(account) ?? false);
      },
    };
  }

  #refusalOf(agent: AgentConfig, nowMs: number): string | undefined {
    if (agent.isDisabled || this.#isOff(agent.name)) return 'agent is disabled';
    if (agent.expiresAtMs !== undefined && agent.expiresAtMs <= nowMs) return 'agent has expired';
    return undefined;
  }
}
