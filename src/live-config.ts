/**
 * The configuration in force. Agents, targets, reviewers, limits of holds and mail settings change while running;
 * addresses and directories need a restart.
 *
 * INVARIANT: a file with any problem changes nothing; the configuration before it stays in force.
 */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { Config } from './config.ts';
import { ConfigEdit } from './config-edit.ts';
import { ConfigError, type Environment, loadConfig } from './config-file.ts';
import { SallyportError } from './errors.ts';
import type { Problem } from './strict-yaml.ts';

/** An editor writes a file in several steps; one reload is enough. */
const settleMs = 100;

export interface ConfigChange {
  readonly before: Config;
  readonly after: Config;
  readonly sha256: string;
}

export interface LiveConfigListeners {
  /** Puts the change into force; throws a SallyportError to refuse it. */
  onChanged(change: ConfigChange): void;
  onRefused(problems: readonly Problem[]): void;
}

export class LiveConfig {
  readonly #file: string;
  readonly #env: Environment;
  /** What the command line overrides, applied to every version of the file. */
  readonly #override: (config: Config) => Config;
  #current: Config;
  #sha256: string;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @throws ConfigError when the file is not valid at the start */
  constructor(file: string, env: Environment, override: (config: Config) => Config = (config) => config) {
    this.#file = resolve(file);
    this.#env = env;
    this.#override = override;
    const { config, sha256 } = loadConfig(file, env);
    this.#current = override(config);
    this.#sha256 = sha256;
  }

  get current(): Config {
    return this.#current;
  }

  get file(): string {
    return this.#file;
  }

  get sha256(): string {
    return this.#sha256;
  }

  /** Changes the file as the command line does; the watcher puts it into force like any other change. */
  edit(change: (edit: ConfigEdit) => void): void {
    const edit = new ConfigEdit(this.#file, this.#env);
    change(edit);
    edit.save();
  }

  /** Watches the directory, because an atomic replacement makes a new file. */
  watch(listeners: LiveConfigListeners): void {
    this.#watcher = watch(dirname(this.#file), (_event, name) => {
      if (name !== null && name !== basename(this.#file)) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.reload(listeners), settleMs);
    });
    this.#watcher.on('error', () => this.close());
  }

  reload(listeners: LiveConfigListeners): void {
    try {
      const { config, sha256 } = loadConfig(this.#file, this.#env);
      if (sha256 === this.#sha256) return;
      const before = this.#current;
      const after = this.#override(config);
      listeners.onChanged({ before, after, sha256 });
      this.#current = after;
      this.#sha256 = sha256;
    } catch (error) {
      if (!(error instanceof SallyportError)) throw error;
      const whole = { file: this.#file, line: 0, column: 0, field: '', message: error.message };
      listeners.onRefused(error instanceof ConfigError ? error.problems : [whole]);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

export interface NamedChange {
  readonly name: string;
  readonly change: string;
}

/** What became of each entry of a list, for the audit log: names and which fields, never values. */
export function changesBetween<T extends { readonly name: string }>(
  before: readonly T[],
  after: readonly T[],
): readonly NamedChange[] {
  const old = new Map(before.map((item) => [item.name, item]));
  const changes: NamedChange[] = [];
  for (const item of after) {
    const was = old.get(item.name);
    old.delete(item.name);
    if (was === undefined) changes.push({ name: item.name, change: 'added' });
    else {
      const fields = (Object.keys({ ...was, ...item }) as (keyof T & string)[]).filter(
        (field) => JSON.stringify(was[field]) !== JSON.stringify(item[field]),
      );
      if (fields.length > 0) changes.push({ name: item.name, change: `changed: ${fields.join(', ')}` });
    }
  }
  for (const name of old.keys()) changes.push({ name, change: 'removed' });
  return changes;
}
