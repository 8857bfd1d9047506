import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Holder, Way } from './ssh.ts';

export interface Bastion {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly hostKeyLine: string;
  /** Private key file of the agent. */
  readonly key: string;
  readonly address: string;
}

/** A bastion under test as the benchmark sees it: one more way, one more holder of sessions. */
export function comparable(directory: string, bastion: Bastion): { readonly way: Way; readonly holder: Holder } {
  const { name, pid, port, key, address } = bastion;
  const knownHosts = join(directory, `known_hosts-${port}`);
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${bastion.hostKeyLine}\n`);
  const options = ['IdentitiesOnly=yes', 'IdentityAgent=none', 'BatchMode=yes', `UserKnownHostsFile=${knownHosts}`];
  const settings = options.flatMap((option) => ['-o', option]);
  return {
    way: {
      name,
      sshArguments: ['-F', 'none', '-i', key, ...settings, '-p', String(port), `${address}@127.0.0.1`],
      home: directory,
    },
    holder: { name, pid, host: '127.0.0.1', port, username: address, key },
  };
}
