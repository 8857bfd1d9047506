import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatVerifierKey, openCheckpoint, parseVerifierKey, signCheckpoint } from '../../src/audit/checkpoint.ts';
import { MerkleTree } from '../../src/audit/merkle.ts';
import { temporaryDirectory } from '../support/directory.ts';

/** Leaves and roots that implementations of Certificate Transparency test with. */
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

describe('the Merkle tree', () => {
  it('has the roots of RFC 6962', () => {
    const tree = new MerkleTree();
    const found = [tree.root().toString('hex')];
    for (const leaf of leaves) {
      tree.append(Buffer.from(leaf, 'hex'));
      found.push(tree.root().toString('hex'));
    }
    expect(found).toEqual(roots);
  });

  it('goes on from its state as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), (before, after) => {
        const whole = new MerkleTree();
        let resumed = new MerkleTree();
        for (let n = 0; n < before + after; n++) {
          if (n === before) resumed = new MerkleTree(resumed.state());
          for (const tree of [whole, resumed]) tree.append(Buffer.from([n]));
        }
        expect(resumed.root().equals(whole.root())).toBe(true);
      }),
    );
  });
});

describe('a checkpoint', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const name = 'example.com/log';
  const verifier = parseVerifierKey(formatVerifierKey(name, publicKey));
  const checkpoint = { origin: name, size: 8, root: Buffer.from(roots[8] ?? '', 'hex') };

  it('is a note whose signature openssl verifies', () => {
    const directory = temporaryDirectory();
    const note = signCheckpoint(checkpoint, privateKey);
    const [body = '', signature = ''] = note.split('\n\n');
    const file = (name: string, content: string | Buffer) => {
      writeFileSync(join(directory, name), content);
      return join(directory, name);
    };
    const words = ['pkeyutl', '-verify', '-rawin', '-pubin', '-inkey'];
    words.push(file('key.pem', publicKey.export({ format: 'pem', type: 'spki' })));
    words.push('-in', file('body', `${body}\n`));
    const bytes = Buffer.from(signature.trim().split(' ').at(-1) ?? '', 'base64').subarray(4);
    words.push('-sigfile', file('signature', bytes));
    const run = spawnSync('openssl', words, { encoding: 'utf8' });
    expect(run.stdout).toContain('Signature Verified Successfully');
    expect(openCheckpoint(note, verifier)).toEqual(checkpoint);
  });

  it.each([
    { name: 'another size', change: (note: string) => note.replace('\n8\n', '\n9\n') },
    {
      name: 'another root',
      change: (note: string) => note.replace(/\n[A-Za-z0-9+/]{43}=\n/, `\n${'A'.repeat(43)}=\n`),
    },
    { name: 'another origin', change: (note: string) => note.replace('example', 'examples') },
    { name: 'no signature', change: (note: string) => note.split('\n\n')[0] ?? '' },
    { name: 'an extra line', change: (note: string) => note.replace('\n8\n', '\n8\n8\n') },
  ])('with $name is refused', ({ change }) => {
    const note = change(signCheckpoint(checkpoint, privateKey));
    expect(() => openCheckpoint(note, verifier)).toThrow(expect.objectContaining({ code: 'AUDIT_CHECKPOINT_INVALID' }));
  });

  it('of another key with the same name is refused', () => {
    const other = generateKeyPairSync('ed25519').privateKey;
    expect(() => openCheckpoint(signCheckpoint(checkpoint, other), verifier)).toThrow('is not signed by');
  });
});
