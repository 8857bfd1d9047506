/**
 * Which rules can have anything to say about a command. Most rules name programs or tools; a command is compared only
 * with those of its own name and with the rules that name none.
 *
 * INVARIANT: leaves out only rules that cannot touch or cover the command; a name that is not known gets all rules.
 */
import type { SimpleCommand } from '../command/model.ts';
import type { Rule } from './rule.ts';

/** HOSTILE: names come from agents; what is remembered of them stays small. */
const maxRemembered = 2_000;

export class RuleIndex {
  readonly #all: readonly Rule[];
  readonly #named = new Map<string, ReadonlySet<Rule>>();
  readonly #unnamed: ReadonlySet<Rule>;
  readonly #remembered = new Map<string, readonly Rule[]>();

  constructor(rules: readonly Rule[]) {
    this.#all = rules;
    this.#unnamed = new Set(rules.filter((rule) => namesOf(rule) === undefined));
    for (const rule of rules) {
      for (const name of namesOf(rule) ?? []) {
        const key = baseName(name);
        this.#named.set(key, new Set([...(this.#named.get(key) ?? []), rule]));
      }
    }
  }

  /** In the order of the policy. */
  rulesFor({ argv, tool }: SimpleCommand): readonly Rule[] {
    const [first] = argv;
    if (first === undefined || first.kind === 'dynamic') return this.#all;
    const name = baseName(first.value);
    const key = `${name}\0${tool ?? ''}`;
    const remembered = this.#remembered.get(key);
    if (remembered !== undefined) return remembered;
    const [byName, byTool] = [this.#named.get(name), tool === undefined ? undefined : this.#named.get(tool)];
    const rules = this.#all.filter((rule) => this.#unnamed.has(rule) || byName?.has(rule) || byTool?.has(rule));
    if (this.#remembered.size < maxRemembered) this.#remembered.set(key, rules);
    return rules;
  }
}

function namesOf(rule: Rule): readonly string[] | undefined {
  return rule.matcher.criteria.find(({ names }) => names !== undefined)?.names;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
