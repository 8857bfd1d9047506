/**
 * Whether enough people agree. Pure.
 *
 * A clause wants so many people of one and the same of its groups; several clauses want different people each.
 *
 * INVARIANT: people are counted, not votes or groups: one person fills one place of one clause.
 */
import { unreachable } from '../errors.ts';
import type { ReviewClause } from '../policy/decision.ts';
import type { Hold, HoldDecision, VoteLapse } from './hold.ts';

/** Somebody whose approval counts, and the hold's groups they were in when they gave it. */
interface Person {
  readonly name: string;
  readonly groups: readonly string[];
}

/** How far one clause is. */
export interface ClauseTally extends ReviewClause {
  /** Who counts here; nobody counts in two clauses. */
  readonly people: readonly string[];
}

type Terms = Pick<Hold, 'groups' | 'quorum' | 'allOf'>;

function clausesOf({ groups, quorum, allOf }: Terms): readonly ReviewClause[] {
  return allOf ?? [{ groups, quorum }];
}

/** Everyone a clause names, each once. */
export function groupsOf(terms: Terms): readonly string[] {
  return [...new Set(clausesOf(terms).flatMap(({ groups }) => groups))];
}

/** `decisions` of people who may decide; rejections count nowhere. */
export function tally(terms: Terms, decisions: readonly HoldDecision[]): readonly ClauseTally[] {
  const clauses = clausesOf(terms).map((clause) => ({ ...clause, quorum: Math.max(1, clause.quorum) }));
  const people = new Map<string, Person>();
  for (const { verdict, reviewer, groups } of decisions)
    if (verdict === 'approve' && !people.has(reviewer)) people.set(reviewer, { name: reviewer, groups: groups ?? [] });
  const best = bestSeating(clauses, [...people.values()]);
  return clauses.map((clause, at) => ({
    ...clause,
    people: [...best].filter(([, seat]) => seat === at).map(([name]) => name),
  }));
}

export function isFilled(clauses: readonly ClauseTally[]): boolean {
  return clauses.length > 0 && clauses.every(({ quorum, people }) => people.length >= quorum);
}

/** Person → the clause they count in. */
type Seating = ReadonlyMap<string, number>;

/** A policy that needs more is a maze; giving up early can only leave an approval out. */
const maxChoices = 20_000;

/** Chooses a group for each clause in turn and seats people, most in all; people are moved, never sent away. */
function bestSeating(clauses: readonly ReviewClause[], people: readonly Person[]): Seating {
  const places = clauses.reduce((sum, { quorum }) => sum + quorum, 0);
  const most = Math.min(places, people.length);
  let left = maxChoices;
  let best: Seating = new Map();
  const chosen: (string | undefined)[] = [];
  const mayFill = ({ groups }: Person, at: number): boolean => {
    const group = chosen[at];
    return group === undefined || groups.includes(group);
  };
  const choose = (at: number, seated: Seating): void => {
    if (seated.size > best.size) best = seated;
    const clause = clauses[at];
    if (clause === undefined || best.size === most || left <= 0) return;
    left -= 1;
    const inhabited = clause.groups.filter((group) => people.some(({ groups }) => groups.includes(group)));
    // A group nobody is in seats nobody; one such choice stands for all.
    const choices =
      clause.groups.length === 0 ? [undefined] : inhabited.length === 0 ? clause.groups.slice(0, 1) : inhabited;
    for (const group of choices) {
      chosen[at] = group;
      choose(at + 1, seatMore(at, { clauses, people, seated, mayFill }));
    }
    chosen.length = at;
  };
  choose(0, best);
  return best;
}

interface Seats {
  readonly clauses: readonly ReviewClause[];
  readonly people: readonly Person[];
  readonly seated: Seating;
  readonly mayFill: (person: Person, at: number) => boolean;
}

/** Fills the places of one clause as far as that is possible by moving people between clauses (augmenting paths). */
function seatMore(at: number, { clauses, people, seated, mayFill }: Seats): Seating {
  const seats = new Map(seated);
  const takePlace = (clause: number, seen: Set<string>): boolean => {
    for (const person of people) {
      if (seen.has(person.name) || !mayFill(person, clause)) continue;
      seen.add(person.name);
      const other = seats.get(person.name);
      // Whoever sits elsewhere may come when somebody else takes that place.
      if (other === clause || (other !== undefined && !takePlace(other, seen))) continue;
      seats.set(person.name, clause);
      return true;
    }
    return false;
  };
  for (let place = 0; place < (clauses[at]?.quorum ?? 0); place++) if (!takePlace(at, new Set())) break;
  return seats;
}

/** `1 of sre and 2 of dba or dev`. */
export function neededInWords(terms: Terms): string {
  return clausesOf(terms)
    .map(
      ({ groups, quorum }) =>
        `${Math.max(1, quorum)} of ${groups.length === 0 ? 'any reviewers' : groups.join(' or ')}`,
    )
    .join(' and ');
}

/** Why an approval does not count, to be put after a colon. */
export function lapseInWords(lapse: VoteLapse): string {
  switch (lapse) {
    case 'reviewer-left':
      return 'no reviewer here any more';
    case 'own-agent':
      return 'the agent or one of its keys is theirs now';
    default:
      return unreachable(lapse);
  }
}

/** Who counts so far and who is missing, like `sre: maya; 1 of security is missing`. */
export function progressInWords(clauses: readonly ClauseTally[]): string {
  return clauses
    .map(({ groups, quorum, people }) => {
      const who = groups.length === 0 ? 'any reviewers' : groups.join(' or ');
      const missing = quorum - people.length;
      const rest = missing <= 0 ? [] : [`${missing} missing`];
      return `${who}: ${[...people, ...rest].join(', ')}`;
    })
    .join('; ');
}
