/**
 * Root of the RFC 6962 Merkle tree over the log's lines, kept incrementally: the hashes of the complete subtrees, at
 * most one per bit of the size.
 */
import { createHash } from 'node:crypto';

const sha256 = (...parts: readonly Buffer[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const leafPrefix = Buffer.of(0);
const nodePrefix = Buffer.of(1);

export interface TreeState {
  readonly size: number;
  /** Hex hashes of the complete subtrees, largest first. */
  readonly subtrees: readonly string[];
}

export class MerkleTree {
  #size: number;
  readonly #subtrees: Buffer[];

  constructor(state: TreeState = { size: 0, subtrees: [] }) {
    this.#size = state.size;
    this.#subtrees = state.subtrees.map((hash) => Buffer.from(hash, 'hex'));
  }

  get size(): number {
    return this.#size;
  }

  /** SPEC: RFC 6962 section 2.1, leaf hash `SHA-256(0x00 || entry)`. */
  append(line: Buffer): void {
    let hash = sha256(leafPrefix, line);
    // Each trailing one bit of the old size is a complete subtree as large as the one just completed.
    for (let size = this.#size; size % 2 === 1; size = Math.floor(size / 2)) {
      const left = this.#subtrees.pop();
      if (left !== undefined) hash = sha256(nodePrefix, left, hash);
    }
    this.#subtrees.push(hash);
    this.#size += 1;
  }

  root(): Buffer {
    const [last, ...rest] = [...this.#subtrees].reverse();
    if (last === undefined) return sha256();
    return rest.reduce((right, left) => sha256(nodePrefix, left, right), last);
  }

  state(): TreeState {
    return { size: this.#size, subtrees: this.#subtrees.map((hash) => hash.toString('hex')) };
  }
}
