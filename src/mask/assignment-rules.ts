/**
 * Secrets that are recognised by what stands before them: `PASSWORD=…`, `"apiKey": "…"`, `token: …`, headers, URLs.
 *
 * The name stays readable, the value goes. A value in quotes ends at its quote; after `NAME=` without a space, as in
 * environments and URLs, it ends at white space or a quote; in prose-like places (`token: abc`) it must be at least
 * six characters and not look like code.
 */
import { anyCase, behind, gateOf, literal, maybe, oneOf, type Piece, repeat, run, sequence } from './piece.ts';
import { type Continuation, more, type Rule } from './rule.ts';

const blank = '[ \\t]';
/** Neither control character, white space, quote nor bracket of a tag. UTF-8's bytes are above and belong to the value. */
const bare = '[^\\x00-\\x20\\x7f"\'`<>]';
const code = '[^\\x00-\\x20\\x7f"\'`<>,;(){}\\[\\]\\\\]';

/** Long enough that `accepts` sees what a placeholder or a call begins with; the rest is swallowed unseen. */
const seen = 24;

const joined = (...words: readonly string[]): Piece =>
  sequence(...words.flatMap((word, at) => (at === 0 ? [anyCase(word)] : [run('[_-]', 0, 1), anyCase(word)])));

/** What a secret is called, wherever in a name it stands (`DB_PASSWORD`, `clientSecret`). */
const secretName: Piece = oneOf(
  anyCase('password'),
  anyCase('passwd'),
  anyCase('passphrase'),
  anyCase('secret'),
  // Pagination: an agent has to read those.
  sequence(behind('(?<![Nn](?:ext|EXT)[_-]?|[Pp](?:age|AGE)[_-]?|[Cc]ontinuation[_-]?)'), anyCase('token')),
  joined('api', 'key'),
  joined('access', 'key'),
  joined('account', 'key'),
  joined('private', 'key'),
  joined('preshared', 'key'),
  joined('auth', 'key'),
  joined('encryption', 'key'),
  joined('signing', 'key'),
  joined('master', 'key'),
  sequence(anyCase('credential'), run('[sS]', 0, 1)),
);
const secretAnchors = ['pas', 'sec', 'tok', 'api', 'acc', 'pri', 'pre', 'aut', 'enc', 'sig', 'mas', 'cre'];

/** What may follow within the name: `SECRET_ACCESS_KEY`, `secretKeyBase`, `password_hash`, `TOKEN_2`. */
const suffix: Piece = sequence(
  maybe(sequence(run('[_-]', 0, 1), anyCase('access'))),
  maybe(sequence(run('[_-]', 0, 1), anyCase('key'))),
  maybe(sequence(run('[_-]', 0, 1), oneOf(anyCase('base'), anyCase('hash'), anyCase('value')))),
  run('[_-]', 0, 1),
  run('[0-9]', 0, 3),
);
const nameEnd: Piece = sequence(run('\\\\', 0, 3), run('["\'`]', 0, 1), run('\\]', 0, 1));
const separator: Piece = sequence(run(blank, 0, 4), run('[:=]', 1, 2), run('>', 0, 1), run(blank, 0, 4));

/** Not a secret but where one would be. */
const placeholder = /^(?:\$\{|\$\(|\{\{|%[({]|\[MASKED:|\*{3}|\.{3})|^\$[A-Z_][A-Z0-9_]*$/;
const commonWord =
  /^(?:null|none|nil|true|false|undefined|required|optional|string|str|number|boolean|unknown|any|object|missing|expired|invalid|disabled|enabled)[,;)\]}]*$/i;
const codeStart =
  /^(?:this|self|process|os|config|settings|args|options|opts|env|ctx|req|request|params|props|await|new)\./;

const acceptsValue = (value: string): boolean => !placeholder.test(value) && !commonWord.test(value);
const acceptsWord = (value: string, next: string): boolean =>
  acceptsValue(value) && next !== '(' && next !== '[' && !codeStart.test(value);

interface Form {
  readonly lead: Piece;
  readonly body: Piece;
  readonly continuation: Continuation;
  readonly accepts: Rule['accepts'];
}

const doubleQuotedUnit: Piece = oneOf(run('[^"\\\\\\r\\n]', 1, 1), sequence(literal('\\'), run('[^\\r\\n]', 1, 1)));
const singleQuotedUnit: Piece = oneOf(run("[^'\\r\\n]", 1, 1), literal("'\\''"));

const quotedForms: readonly Form[] = [
  {
    lead: literal('"'),
    body: repeat(doubleQuotedUnit, 4, seen),
    continuation: { kind: 'units', unit: doubleQuotedUnit.full, partial: '\\\\' },
    accepts: acceptsValue,
  },
  {
    lead: literal("'"),
    body: repeat(singleQuotedUnit, 4, seen),
    continuation: { kind: 'units', unit: singleQuotedUnit.full, partial: "'(?:\\\\'?)?" },
    accepts: acceptsValue,
  },
  {
    // JSON inside JSON, as logs have it.
    lead: sequence(run('\\\\', 1, 3), literal('"')),
    body: run('[^"\\\\\\r\\n]', 4, seen),
    continuation: more('[^"\\\\\\r\\n]'),
    accepts: acceptsValue,
  },
];

const bareForm = (firstCharacter: string): Form => ({
  lead: sequence(),
  body: sequence(run(firstCharacter, 1, 1), run(bare, 3, seen - 1)),
  continuation: more(bare),
  accepts: acceptsValue,
});
const notQuoteOrEquals = '[^\\x00-\\x20\\x7f"\'`<>=\\\\]';

const assignment = (name: Piece, between: Piece, form: Form): Rule => ({
  name: 'secret-value',
  anchors: secretAnchors,
  gate: nameGate,
  lead: sequence(name, between, form.lead),
  body: form.body,
  continuation: form.continuation,
  keepsLead: true,
  ...(form.accepts === undefined ? {} : { accepts: form.accepts }),
});

const fullName = sequence(secretName, suffix);
const nameGate = gateOf(fullName, '[\\\\"\'`\\]:=> \\t]');
const flagGate = gateOf(fullName, blank);
const awsName = joined('secret', 'access', 'key');
const assignments: readonly Rule[] = [
  ...[...quotedForms, bareForm(notQuoteOrEquals)].map((form) => ({
    ...assignment(awsName, sequence(nameEnd, separator), form),
    name: 'aws-secret-key',
    anchors: ['sec'],
  })),
  ...quotedForms.map((form) => assignment(fullName, sequence(nameEnd, separator), form)),
  assignment(fullName, sequence(nameEnd, literal('=')), bareForm(notQuoteOrEquals)),
  assignment(fullName, sequence(nameEnd, separator), {
    lead: sequence(),
    body: run(code, 6, seen),
    continuation: more(code),
    accepts: acceptsWord,
  }),
  // <password>…</password>
  assignment(fullName, literal('>'), {
    lead: sequence(),
    body: run('[^<\\r\\n]', 4, seen),
    continuation: more('[^<\\r\\n]'),
    accepts: acceptsValue,
  }),
];

/** MYSQL_PWD, DB_PASS, SSHPASS: too short a name to be looked for outside an environment. PWD itself is a directory. */
const shortName = oneOf(anyCase('pass'), anyCase('pwd'));
const shortNames: Rule = {
  ...assignment(sequence(shortName, literal('=')), run('["\']', 0, 1), bareForm(notQuoteOrEquals)),
  anchors: ['pas', 'pwd'],
  gate: gateOf(shortName, '='),
  before: '(?<=[A-Za-z0-9][_-]|SSH)',
};

/** `sshpass -p secret`, `redis-cli -a secret`: a flag that is a password's only after this program. */
const programFlag = (before: string, flag: string): Rule => ({
  name: 'secret-value',
  anchors: flag.startsWith('-') ? [`${flag} `, `${flag}'`, `${flag}"`, `${flag}@`, `${flag}#`] : [flag.slice(0, 3)],
  before: `(?<=${before})`,
  lead: sequence(literal(flag), run(blank, 0, 2), run('["\']', 0, 1)),
  body: run(bare, 3, seen),
  continuation: more(bare),
  keepsLead: true,
  accepts: acceptsValue,
});

const netrcName = anyCase('password');
const flagBefore = '(?<=(?:^|[\\s"\'])--?[A-Za-z0-9-]{0,24})';
const flags: readonly Rule[] = [
  ...quotedForms.slice(0, 2).map((form) => ({
    ...assignment(fullName, run(blank, 1, 2), form),
    before: flagBefore,
    gate: flagGate,
  })),
  {
    ...assignment(fullName, run(blank, 1, 2), bareForm('[^\\x00-\\x20\\x7f"\'`<>=\\\\-]')),
    before: flagBefore,
    gate: flagGate,
  },
  {
    // curl -u account:password
    name: 'url-password',
    anchors: ['-u*', '--u'],
    before: '(?<=\\bcurl\\b[^\\r\\n]{0,200}[ \\t])',
    lead: sequence(
      oneOf(literal('-u'), literal('--user')),
      run('[ =]', 0, 1),
      run('["\']', 0, 1),
      run('[^\\x00-\\x20"\':/]', 1, 64),
      literal(':'),
    ),
    body: run(bare, 3, seen),
    continuation: more(bare),
    keepsLead: true,
    accepts: acceptsValue,
  },
  programFlag('\\bsshpass[ \\t]{1,4}', '-p'),
  programFlag('\\bredis-cli\\b[^\\r\\n]{0,100}[ \\t]', '-a'),
  programFlag('-pass(?:in|out)?[ \\t]', 'pass:'),
  {
    // .netrc
    ...assignment(sequence(netrcName, run(blank, 1, 4)), sequence(), bareForm(bare)),
    gate: gateOf(netrcName, blank),
    anchors: ['pas'],
    before: '(?<=\\blogin[ \\t]{1,4}[^\\s]{1,64}\\s{1,8})',
  },
];

const scheme: Piece = sequence(
  oneOf(
    ...['Bearer', 'Basic', 'Token', 'Digest', 'Negotiate', 'NTLM', 'ApiKey', 'Key', 'OAuth', 'AWS4-HMAC-SHA256'].map(
      anyCase,
    ),
  ),
  run('[ ]', 1, 2),
);
const headers: readonly Rule[] = [
  {
    name: 'authorization',
    anchors: ['aut'],
    lead: sequence(anyCase('authorization'), nameEnd, separator, run('\\\\', 0, 3), run('["\'`]', 0, 1), scheme),
    body: run('[^"\'`\\\\\\r\\n]', 4, seen),
    continuation: more('[^"\'`\\\\\\r\\n]'),
    keepsLead: true,
    accepts: acceptsValue,
  },
  {
    name: 'authorization',
    anchors: ['aut'],
    lead: sequence(anyCase('authorization'), nameEnd, separator, run('\\\\', 0, 3), run('["\'`]', 0, 1)),
    body: run(code, 16, seen),
    continuation: more(bare),
    keepsLead: true,
    accepts: acceptsWord,
  },
  {
    name: 'authorization',
    anchors: ['bea'],
    before: '(?<![A-Za-z])',
    lead: sequence(anyCase('bearer'), run('[ ]', 1, 2)),
    body: run('[A-Za-z0-9._~+/=-]', 16, seen),
    continuation: more('[A-Za-z0-9._~+/=-]'),
    keepsLead: true,
    // Words of a sentence have no digits.
    accepts: (value) => /[0-9]/.test(value),
  },
];

/** Keys that have no telling name: registry credentials, cookies, signed links. */
const odd: readonly Rule[] = [
  {
    name: 'authorization',
    anchors: ['"au', '_au'],
    lead: oneOf(
      sequence(literal('"auth"'), run(blank, 0, 4), literal(':'), run(blank, 0, 4), literal('"')),
      literal('_auth='),
    ),
    body: run('[A-Za-z0-9+/=_-]', 8, seen),
    continuation: more('[A-Za-z0-9+/=_-]'),
    keepsLead: true,
  },
  {
    name: 'cookie',
    anchors: ['coo'],
    lead: sequence(anyCase('cookie:'), run(blank, 0, 4), run('[A-Za-z0-9_.-]', 1, 64), literal('=')),
    body: run('[^"\'\\r\\n]', 8, seen),
    continuation: more('[^"\'\\r\\n]'),
    keepsLead: true,
    accepts: acceptsValue,
  },
  {
    name: 'url-signature',
    anchors: ['sig', 'x-a', 'x-g'],
    before: '(?<=[?&;])',
    lead: oneOf(anyCase('sig='), anyCase('signature='), anyCase('x-amz-signature='), anyCase('x-goog-signature=')),
    body: run('[A-Za-z0-9%+/=_-]', 20, seen),
    continuation: more('[A-Za-z0-9%+/=_-]'),
    keepsLead: true,
  },
];

const urls: Rule = {
  name: 'url-password',
  anchors: ['://'],
  lead: sequence(literal('://'), run('[^\\x00-\\x20\\x7f/:@"\'<>`]', 0, 64), literal(':')),
  body: run('[^\\x00-\\x20\\x7f/@"\'<>`]', 1, 512),
  after: '(?=@)',
  keepsLead: true,
  accepts: (value) => !placeholder.test(value),
};

export const assignmentRules: readonly Rule[] = [...headers, ...assignments, shortNames, ...flags, ...odd, urls];
