/**
 * Which rules can have anything to say about a command. Most rules name programs or tools, or something a command
 * rarely has (SQL, hosts, writing); a command is compared only with those of its own name and its own traits.
 *
 * INVARIANT: leaves out only rules that cannot touch or cover the command; a name that is not known gets the rules of
 * every name.
 */
import type { SimpleCommand } from '../command/model.ts';
import { anyRoot, PathRoots, type Roots } from './path-roots.ts';
import { baseName, withoutVersion } from './program-name.ts';
import type { Rule } from './rule.ts';
import { type Traits, trait, traitsOf } from './traits.ts';

/** HOSTILE: traits come from agents; what is remembered of them stays small. */
const maxRemembered = 2_000;

export class RuleIndex {
  readonly #roots: PathRoots;
  readonly #all: Choice;
  readonly #unnamed: Choice;
  readonly #named = new Map<string, ReadonlySet<Rule>>();
  /** By program and tool; both are names of the policy, so there are few. */
  readonly #choices = new Map<string, Choice>();

  constructor(rules: readonly Rule[]) {
    this.#roots = new PathRoots(rules);
    this.#all = new Choice(rules, this.#roots);
    this.#unnamed = new Choice(
      rules.filter((rule) => namesOf(rule) === undefined),
      this.#roots,
    );
    for (const rule of rules) {
      for (const name of namesOf(rule) ?? []) {
        const key = baseName(name);
        this.#named.set(key, new Set([...(this.#named.get(key) ?? []), rule]));
      }
    }
  }

  /** In the order of the policy. */
  rulesFor(command: SimpleCommand): readonly Rule[] {
    return this.#choice(command).rulesFor(traitsOf(command), this.#roots.ofCommand(command));
  }

  #choice({ argv, tool }: SimpleCommand): Choice {
    const [first] = argv;
    if (first === undefined || first.kind === 'dynamic') return this.#all;
    const name = baseName(first.value);
    const byName = this.#named.get(name);
    const plain = name.includes('.') ? withoutVersion(name) : name;
    const byPlain = plain === name ? undefined : this.#named.get(plain);
    const byTool = tool === undefined || tool === name ? undefined : this.#named.get(tool);
    if (byName === undefined && byPlain === undefined && byTool === undefined) return this.#unnamed;
    const key = `${byName === undefined ? '' : name}\0${byPlain === undefined ? '' : plain}\0${byTool === undefined ? '' : tool}`;
    const known = this.#choices.get(key);
    if (known !== undefined) return known;
    const rules = this.#all.rules.filter(
      (rule) => namesOf(rule) === undefined || byName?.has(rule) || byPlain?.has(rule) || byTool?.has(rule),
    );
    const choice = new Choice(rules, this.#roots);
    this.#choices.set(key, choice);
    return choice;
  }
}

/** The rules of one name, and which of them are left for the traits and roots met so far. */
class Choice {
  readonly rules: readonly Rule[];
  readonly #roots: PathRoots;
  readonly #remembered = new Map<Traits, Map<Roots, readonly Rule[]>>();
  #count = 0;

  constructor(rules: readonly Rule[], roots: PathRoots) {
    this.rules = rules;
    this.#roots = roots;
  }

  rulesFor(traits: Traits, roots: Roots): readonly Rule[] {
    const atRoots = this.#remembered.get(traits);
    const remembered = atRoots?.get(roots);
    if (remembered !== undefined) return remembered;
    const rules = this.rules.filter((rule) => isPossible(rule, traits) && this.#isPossibleAt(rule, roots));
    if (this.#count < maxRemembered) {
      this.#count += 1;
      if (atRoots === undefined) this.#remembered.set(traits, new Map([[roots, rules]]));
      else atRoots.set(roots, rules);
    }
    return rules;
  }

  #isPossibleAt({ verdict, matcher }: Rule, at: Roots): boolean {
    if (at === anyRoot) return true;
    return matcher.criteria.every(({ roots }) => {
      const bits = this.#roots.ofPatterns(roots);
      return bits === anyRoot || (verdict === 'allow' ? (at & ~bits) === 0 : (at & bits) !== 0);
    });
  }
}

const everyTrait: Traits = -1;

/** No rule allows what was not understood. */
const neverAllowed = trait.unread | trait.unknownEffect;

function isPossible({ verdict, matcher }: Rule, traits: Traits): boolean {
  if (verdict === 'allow' && (traits & neverAllowed) !== 0) return false;
  return matcher.criteria.every(({ touchNeeds = everyTrait, coverNeeds = everyTrait, coverRefuses = 0 }) =>
    verdict === 'allow' ? meets(traits, coverNeeds) && (traits & coverRefuses) === 0 : meets(traits, touchNeeds),
  );
}

function meets(traits: Traits, needs: Traits): boolean {
  return needs === everyTrait || (traits & needs) !== 0;
}

function namesOf(rule: Rule): readonly string[] | undefined {
  return rule.matcher.criteria.find(({ names }) => names !== undefined)?.names;
}
