/**
 * Finds sets that a policy gives another meaning in what it extends, by which rules there refuse less.
 *
 * HOSTILE to nobody but its author: `sets: { credentials: [/srv/keys/**] }` above `extends: default` reads like one more
 * set, and would open every credential that the shipped policy closes.
 */
import type { Node } from 'yaml';
import type { PolicyDocument } from './document.ts';
import type { Part } from './load.ts';

export function reportNarrowed(parts: readonly Part[]): void {
  const guarding = new Map<string, { readonly members: Set<string>; readonly rule: string }>();
  for (const { document, fields, role } of parts) {
    const own = membersOf(document, fields.get('sets'));
    for (const { name, node, members } of own) {
      const before = guarding.get(name);
      const missing = before === undefined ? [] : [...before.members].filter((one) => !members.includes(one));
      if (before === undefined || missing.length === 0 || members.includes(`$${name}`)) continue;
      const what = `the set \`${name}\` is what the rule \`${before.rule}\` refuses in what this policy extends, and loses \`${missing[0]}\``;
      document.report(node, what, `begin it with \`$${name}\`, or give it another name`);
    }
    if (role !== 'base') continue;
    const all = new Map(own.map(({ name, members }) => [name, members]));
    for (const { name, rule } of guardedBy(document, fields.get('rules')))
      guarding.set(name, { members: new Set(all.get(name) ?? guarding.get(name)?.members), rule });
  }
}

function membersOf(document: PolicyDocument, sets: Node | undefined) {
  if (sets === undefined || !document.isMapping(sets)) return [];
  return [...document.fieldsOf(sets)].map(([name, node]) => ({ name, node, members: document.ownTexts(node) }));
}

/** Sets by which a rule refuses: of a deny or approve rule, and of the exceptions of an allow rule. */
function guardedBy(
  document: PolicyDocument,
  rules: Node | undefined,
): readonly { readonly name: string; readonly rule: string }[] {
  const nodes = rules === undefined || !document.isList(rules) ? [] : document.items(rules, '`rules`');
  return nodes.flatMap((node) => {
    const fields = document.fieldsOf(node);
    const rule = document.ownTexts(fields.get('id')).join('');
    const body = fields.has('allow') ? fields.get('except') : (fields.get('deny') ?? fields.get('approve'));
    const texts =
      body === undefined ? [] : [...document.fieldsOf(body).values()].flatMap((value) => document.ownTexts(value));
    return texts.filter((text) => text.startsWith('$')).map((text) => ({ name: text.slice(1), rule }));
  });
}
