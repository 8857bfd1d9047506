import type { Algorithms } from 'ssh2';

/**
 * What we offer to agents: no SHA-1, no NIST key exchange, no encrypt-and-MAC, no compression. Strict key exchange
 * (CVE-2023-48795) is always on in ssh2. AES-CTR with an ETM MAC stays for clients without AEAD ciphers (paramiko 2).
 */
export const clientAlgorithms: Algorithms = {
  // First what clients guess first (dropbear), so that a guess saves them a round trip.
  kex: ['curve25519-sha256', 'curve25519-sha256@libssh.org'],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes256-ctr',
    'aes128-ctr',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'],
  compress: ['none'],
};
