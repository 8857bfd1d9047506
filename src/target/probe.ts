/**
 * What must be learned about a target before it is configured: its host key, to be confirmed by a person, and the login
 * shell that will read our commands.
 */
import ssh2, { type ServerHostKeyAlgorithm } from 'ssh2';
import type { Dialect } from '../command/model.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { TargetChannel } from '../gate/ports.ts';
import { TargetError } from './errors.ts';
import { anyHostKeyAlgorithm, typeOf } from './host-key.ts';

export interface FoundHostKey {
  readonly type: string;
  /** `ssh-ed25519 AAAA…`, as the configuration pins it. */
  readonly line: string;
  readonly fingerprint: string;
}

/**
 * Asks a machine for its host key and hangs up before logging in. The key is what the network says: pin it only after
 * somebody compared the fingerprint. Rejects with TARGET_UNREACHABLE.
 */
export function fetchHostKey(
  host: string,
  port: number,
  timeoutMs = 10_000,
  algorithms: readonly ServerHostKeyAlgorithm[] = anyHostKeyAlgorithm,
): Promise<FoundHostKey> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on('error', (cause) => {
      const message = `cannot read the host key of ${host}:${port}: ${cause.message}`;
      reject(new TargetError('TARGET_UNREACHABLE', message, { cause }));
      client.destroy();
    });
    client.connect({
      host,
      port,
      username: 'nobody',
      readyTimeout: timeoutMs,
      algorithms: { serverHostKey: [...algorithms] },
      hostVerifier: (blob: Buffer) => {
        const type = typeOf(blob);
        resolve({ type, line: `${type} ${blob.toString('base64')}`, fingerprint: fingerprintOf(blob) });
        return false;
      },
    });
  });
}

/** Prints only what tells shells apart; works in every POSIX shell, and fails in fish and csh. */
export const shellProbe =
  'printf \'%s\\n\' "$BASH_VERSION" "$ZSH_VERSION" "$KSH_VERSION" "$0" "$HOME" "$(readlink /proc/$$/exe 2>/dev/null)"';

export interface FoundShell {
  readonly dialect: Dialect;
  /** Absolute path of the account's home; undefined when the target does not say one. */
  readonly home: string | undefined;
}

const maxAnswerBytes = 4_096;

/** Reads the answer of a command that ran `shellProbe`. An answer that is not understood is the dialect `unknown`. */
export async function detectShell(probe: TargetChannel, timeoutMs = 10_000): Promise<FoundShell> {
  const timer = setTimeout(() => probe.close(), timeoutMs);
  probe.stdin.end();
  probe.stderr.resume();
  let answer = '';
  for await (const chunk of probe.stdout) {
    answer += String(chunk);
    if (answer.length > maxAnswerBytes) break;
  }
  clearTimeout(timer);
  probe.close();
  return readShell(answer);
}

/** HOSTILE: the target wrote this. */
export function readShell(answer: string): FoundShell {
  const lines = answer.split('\n');
  if (lines.length !== 7) return { dialect: 'unknown', home: undefined };
  const [bash, zsh, ksh, name = '', home = '', executable = ''] = lines;
  return { dialect: dialectOf(), home: /^\/[\w./-]*$/.test(home) ? home : undefined };

  function dialectOf(): Dialect {
    if (zsh !== '' || ksh !== '') return 'unknown';
    if (bash !== '') return 'bash';
    if (/busybox/.test(executable)) return 'busybox';
    return /(?:^|[-/])(?:dash|sh)$/.test(executable || name) ? 'posix' : 'unknown';
  }
}
