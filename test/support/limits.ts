import type { PoolLimits, SshLimits } from '../../src/config.ts';

/** Generous limits for tests that are not about limits. */
export const sshLimits: SshLimits = {
  loginGraceMs: 20_000,
  maxAuthTries: 6,
  maxUnauthenticated: 100,
  maxUnauthenticatedPerAddress: 50,
  maxSessionsPerAgent: 50,
  maxChannelsPerSession: 20,
  maxChannelsPerAgent: 100,
  maxCommandBytes: 64 * 1024,
  idleMs: 600_000,
  maxSessionMs: 3_600_000,
  keepaliveMs: 15_000,
  keepaliveCount: 3,
  rekeyBytes: 1 << 30,
  rekeyMs: 3_600_000,
};

export const poolLimits: PoolLimits & Pick<SshLimits, 'rekeyBytes' | 'rekeyMs'> = {
  maxChannelsPerConnection: 10,
  maxConnectionsPerTarget: 8,
  connectTimeoutMs: 10_000,
  idleCloseMs: 60_000,
  keepaliveMs: 15_000,
  rekeyBytes: 1 << 30,
  rekeyMs: 3_600_000,
};
