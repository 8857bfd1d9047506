/**
 * The web's own certificate: read at the start, and again whenever its files change or the program is told to reload.
 *
 * INVARIANT: a pair that does not fit together changes nothing; what was in use stays, and the log says why.
 */
import { X509Certificate } from 'node:crypto';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { TlsFiles } from '../config.ts';
import { WebError } from './error.ts';

/** Whoever renews a certificate writes two files; between them the pair does not fit. */
const settleMs = 300;

export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** @throws WebError WEB_CERTIFICATE_UNUSABLE; the message names files and never holds their content */
export function readKeyPair({ certFile, keyFile }: TlsFiles): KeyPair {
  let pair: KeyPair;
  try {
    pair = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  } catch (cause) {
    throw new WebError('WEB_CERTIFICATE_UNUSABLE', `cannot read ${certFile} or ${keyFile}`, { cause });
  }
  try {
    createSecureContext(pair);
    return pair;
  } catch {
    const text = `${certFile} and ${keyFile} are not a certificate in PEM and its key, without passphrase`;
    throw new WebError('WEB_CERTIFICATE_UNUSABLE', text);
  }
}

/** When the first certificate of the file ends. */
export function certificateEndsAtMs({ cert }: KeyPair): number {
  return Date.parse(new X509Certificate(cert).validTo);
}

export class Certificate {
  readonly #files: TlsFiles;
  readonly #onProblem: (error: unknown) => void;
  #use: (pair: KeyPair) => void = () => undefined;
  #watchers: FSWatcher[] = [];
  #settling: NodeJS.Timeout | undefined;

  constructor(files: TlsFiles, onProblem: (error: unknown) => void) {
    this.#files = files;
    this.#onProblem = onProblem;
  }

  read(): KeyPair {
    return readKeyPair(this.#files);
  }

  /** Hands every new pair to `use`. Directories are watched: a file that is replaced ends the watch on itself. */
  watch(use: (pair: KeyPair) => void): void {
    this.#use = use;
    const directories = new Set([this.#files.certFile, this.#files.keyFile].map(dirname));
    this.#watchers = [...directories].map((directory) => {
      const watcher = watch(directory, () => {
        clearTimeout(this.#settling);
        this.#settling = setTimeout(() => this.reload(), settleMs);
      });
      // A directory that is gone is no reason to stop; SIGHUP still reloads.
      watcher.on('error', () => watcher.close());
      return watcher;
    });
  }

  reload(): void {
    try {
      this.#use(this.read());
    } catch (error) {
      this.#onProblem(error);
    }
  }

  close(): void {
    clearTimeout(this.#settling);
    for (const watcher of this.#watchers) watcher.close();
  }
}
