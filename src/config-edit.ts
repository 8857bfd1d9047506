/**
 * Changes `sallyport.yaml` for the `agent`, `target` and `reviewer` commands and the console: comments and order stay, the result is
 * checked as a whole before it replaces the file, and the replacement is atomic.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type Document, isMap, isScalar, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Config } from './config.ts';
import { ConfigError, type Environment, loadConfig } from './config-file.ts';
import { SallyportError } from './errors.ts';

export type ListName = 'agents' | 'targets' | 'reviewers';

export class ConfigEdit {
  readonly #file: string;
  readonly #env: Environment;
  readonly #document: Document;
  readonly config: Config;

  /** @throws ConfigError when the file is not valid before the edit */
  constructor(file: string, env: Environment) {
    this.#file = file;
    this.#env = env;
    this.config = loadConfig(file, env).config;
    this.#document = parseDocument(readFileSync(file, 'utf8'));
  }

  add(list: ListName, entry: Readonly<Record<string, unknown>>): void {
    const items = this.#document.get(list, true);
    // A file that says `agents: []` is in flow style; entries with several fields read better in block style.
    if (isSeq(items)) items.flow = false;
    else this.#document.set(list, this.#document.createNode([]));
    (this.#document.get(list, true) as YAMLSeq).add(this.#document.createNode(entry));
  }

  /** @throws SallyportError CLI_NOT_FOUND naming what is there instead */
  entry(list: ListName, name: string): YAMLMap {
    const items = this.#document.get(list, true);
    const found = isSeq(items) ? items.items.find((item) => isMap(item) && item.get('name') === name) : undefined;
    if (!isMap(found)) {
      const names = this.config[list].map((item) => item.name);
      throw new SallyportError(
        'CLI_NOT_FOUND',
        `no ${list.slice(0, -1)} \`${name}\` in ${this.#file}; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none'}`,
      );
    }
    return found;
  }

  /** Puts a list or a mapping in place of what the entry has. @throws SallyportError CLI_NOT_FOUND */
  setEntry(
    list: ListName,
    name: string,
    key: string,
    value: readonly string[] | Readonly<Record<string, string>>,
  ): void {
    this.entry(list, name).set(key, this.#document.createNode(value));
  }

  /** An entry with several fields is written on one line. */
  push(map: YAMLMap, key: string, value: string | Readonly<Record<string, unknown>>): void {
    const node = this.#document.createNode(value);
    if (isMap(node)) node.flow = true;
    if (!isSeq(map.get(key, true))) map.set(key, this.#document.createNode([]));
    const items = map.get(key, true);
    if (!isSeq(items)) return;
    items.flow = false;
    items.add(node);
  }

  /** `id` is the beginning of the token's hash. @throws SallyportError CLI_NOT_FOUND */
  revokeToken(reviewer: string, id: string): void {
    const items = this.entry('reviewers', reviewer).get('api_tokens', true);
    const list = isSeq(items) ? items : undefined;
    const at = list?.items.findIndex((item) => {
      const text = isMap(item) ? item.get('hash') : isScalar(item) ? item.value : undefined;
      return /^[0-9a-f]{12,64}$/.test(id) && String(text).startsWith(`sha256:${id}`);
    });
    if (list === undefined || at === undefined || at < 0) {
      throw new SallyportError(
        'CLI_NOT_FOUND',
        `${reviewer} has no API token ${id}; sallyport reviewer tokens lists them`,
      );
    }
    list.items.splice(at, 1);
  }

  /** Checks the changed text as a whole, then replaces the file. @throws ConfigError; the file is then as before */
  save(): void {
    const draft = `${this.#file}.${randomBytes(6).toString('hex')}.draft`;
    writeFileSync(draft, this.#document.toString({ lineWidth: 0 }), {
      mode: statSync(this.#file).mode & 0o777,
      flag: 'wx',
    });
    try {
      loadConfig(draft, this.#env);
      renameSync(draft, this.#file);
    } catch (error) {
      rmSync(draft);
      // The draft is our affair: a person knows only the file they asked us to change.
      if (error instanceof ConfigError) {
        const problems = error.problems.map((problem) => ({ ...problem, file: this.#file }));
        throw new ConfigError(error.code, problems);
      }
      throw error;
    }
  }
}
