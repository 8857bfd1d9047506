/** Secrets that are recognised by their own form. */
import { passesIban, passesLuhn } from './check.ts';
import { literal, maybe, oneOf, type Piece, repeat, run, sequence } from './piece.ts';
import { more, type Rule } from './rule.ts';

const word = '[A-Za-z0-9_]';
const dashed = '[A-Za-z0-9_-]';
const notInWord = '(?<![A-Za-z0-9])';

/** A fixed prefix and at least `min` characters of a class, then as many as come. */
function prefixed(name: string, anchors: readonly string[], lead: Piece, characterClass: string, min: number): Rule {
  return {
    name,
    anchors,
    before: notInWord,
    lead,
    body: run(characterClass, min, min),
    continuation: more(characterClass),
    keepsLead: false,
  };
}

const literals = (...texts: readonly string[]): Piece => oneOf(...texts.map(literal));

/** Longer than the largest RSA or PGP key in use; what follows is not part of a key. */
const maxBlockCharacters = 64 * 1024;

/** What base64 makes of the first line of each kind of key; of a certificate it makes another. */
const base64Beginnings: Piece = sequence(
  literal('LS0tLS1CRUdJTi'),
  literals(
    'BSU0EgUFJJVkFUR',
    'BQUklWQVRF',
    'BFQyBQUklWQVRF',
    'BPUEVOU1NIIFBSSVZBVE',
    'BFTkNSWVBURUQgUFJJVkFUR',
    'BEU0EgUFJJVkFUR',
  ),
);

const privateKeys: readonly Rule[] = [
  {
    name: 'private-key',
    anchors: ['---'],
    lead: sequence(literal('----'), run('-', 0, 1), run(' ', 0, 1), literal('BEGIN ')),
    body: sequence(
      run('[A-Z0-9 ]', 0, 40),
      literal('PRIVATE KEY'),
      maybe(literal(' BLOCK')),
      run(' ', 0, 1),
      literal('----'),
      run('-', 0, 1),
    ),
    continuation: {
      kind: 'block',
      end: '-----? ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-----?',
      endLength: 96,
      maxCharacters: maxBlockCharacters,
    },
    keepsLead: false,
  },
  {
    name: 'private-key',
    anchors: ['pri'],
    lead: literal('Private-Lines:'),
    body: run('[ 0-9]', 1, 6),
    continuation: {
      kind: 'block',
      end: 'Private-MAC: {0,2}[0-9a-f]{0,128}',
      endLength: 160,
      maxCharacters: maxBlockCharacters,
    },
    keepsLead: false,
  },
  // The same in base64, as kubeconfig files and Kubernetes secrets have it.
  prefixed('private-key', ['ls0'], base64Beginnings, '[A-Za-z0-9+/=]', 16),
  prefixed('private-key', ['age'], literal('AGE-SECRET-KEY-1'), '[0-9A-Z]', 40),
];

const providers: readonly Rule[] = [
  {
    name: 'aws-access-key',
    anchors: ['aki', 'asi', 'abi', 'acc', 'a3t'],
    before: notInWord,
    lead: oneOf(literals('AKIA', 'ASIA', 'ABIA', 'ACCA'), sequence(literal('A3T'), run('[A-Z0-9]', 1, 1))),
    body: run('[A-Z0-9]', 16, 16),
    after: '(?![A-Za-z0-9])',
    keepsLead: false,
  },
  prefixed(
    'github-token',
    ['ghp', 'gho', 'ghu', 'ghs', 'ghr'],
    sequence(literal('gh'), run('[pousr]', 1, 1), literal('_')),
    word,
    30,
  ),
  prefixed('github-token', ['git'], literal('github_pat_'), word, 22),
  prefixed(
    'gitlab-token',
    ['glp', 'gld', 'glr', 'glc', 'gls', 'glf', 'gla', 'glo', 'gli'],
    literals(
      'glpat-',
      'gldt-',
      'glrt-',
      'glptt-',
      'glcbt-',
      'glsoat-',
      'glft-',
      'glffct-',
      'glagent-',
      'gloas-',
      'glimt-',
    ),
    '[A-Za-z0-9_.-]',
    20,
  ),
  prefixed(
    'slack-token',
    ['xox'],
    sequence(literal('xox'), run('[abceoprs]', 1, 1), run('[.-]', 1, 1)),
    '[A-Za-z0-9.-]',
    10,
  ),
  prefixed('slack-token', ['xap'], literal('xapp-'), '[A-Za-z0-9-]', 20),
  {
    ...prefixed('slack-webhook', ['hoo'], literal('hooks.slack.com/'), '[A-Za-z0-9/_-]', 24),
    before: '(?<![A-Za-z0-9.])',
    keepsLead: true,
  },
  prefixed(
    'stripe-key',
    ['sk_', 'rk_'],
    sequence(run('[sr]', 1, 1), literal('k_'), literals('live_', 'test_')),
    '[A-Za-z0-9]',
    16,
  ),
  prefixed('stripe-key', ['whs'], literal('whsec_'), '[A-Za-z0-9+/=]', 24),
  {
    name: 'google-key',
    anchors: ['aiz'],
    before: notInWord,
    lead: literal('AIza'),
    body: run(dashed, 35, 35),
    // A key has this length and no other; without that, a gigabyte of base64 has one by chance.
    after: `(?!${dashed})`,
    keepsLead: false,
  },
  prefixed('google-key', ['ya2'], literal('ya29.'), dashed, 20),
  prefixed('google-key', ['goc'], literal('GOCSPX-'), dashed, 24),
  prefixed('npm-token', ['npm'], literal('npm_'), '[A-Za-z0-9]', 36),
  prefixed('pypi-token', ['pyp'], literal('pypi-AgE'), dashed, 50),
  prefixed(
    'ai-key',
    ['sk-'],
    sequence(literal('sk-'), literals('proj-', 'svcacct-', 'admin-', 'ant-', 'or-v1-')),
    dashed,
    20,
  ),
  prefixed('ai-key', ['sk-'], literal('sk-'), '[A-Za-z0-9]', 40),
  prefixed('hugging-face-token', ['hf_'], literal('hf_'), '[A-Za-z]', 34),
  prefixed('vault-token', ['hvs', 'hvb', 'hvr'], sequence(literal('hv'), run('[sbr]', 1, 1), literal('.')), dashed, 24),
  prefixed('docker-token', ['dck'], literals('dckr_pat_', 'dckr_oat_'), dashed, 24),
  prefixed(
    'digitalocean-token',
    ['dop', 'doo', 'dor'],
    sequence(literal('do'), run('[por]', 1, 1), literal('_v1_')),
    '[0-9a-f]',
    60,
  ),
  prefixed('tailscale-key', ['tsk'], literal('tskey-'), dashed, 20),
  prefixed('sendgrid-key', ['sg.'], literal('SG.'), '[A-Za-z0-9_.-]', 60),
  prefixed('sallyport-token', ['sal'], literal('sally_'), dashed, 40),
  {
    name: 'jwt',
    anchors: ['eyj'],
    before: '(?<![A-Za-z0-9_-])',
    lead: literal('eyJ'),
    body: sequence(run(dashed, 14, 1024), literal('.'), run(dashed, 16, 16)),
    continuation: more('[A-Za-z0-9_.=-]'),
    keepsLead: false,
  },
  {
    name: 'password-hash',
    anchors: ['$1$', '$5$', '$6$', '$7$', '$y$', '$gy', '$2a', '$2b', '$2x', '$2y', '$ap', '$ar', '$sc'],
    lead: sequence(
      literal('$'),
      literals(
        '1',
        '5',
        '6',
        '7',
        'y',
        'gy',
        '2a',
        '2b',
        '2x',
        '2y',
        'apr1',
        'argon2id',
        'argon2i',
        'argon2d',
        'scrypt',
      ),
      literal('$'),
    ),
    body: run('[A-Za-z0-9./$=,+-]', 20, 20),
    continuation: more('[A-Za-z0-9./$=,+-]'),
    keepsLead: false,
  },
];

const digit = '[0-9]';
const groups = (separator: string): Piece =>
  oneOf(
    sequence(
      literal(separator),
      run(digit, 4, 4),
      literal(separator),
      run(digit, 4, 4),
      literal(separator),
      run(digit, 4, 4),
    ),
    sequence(literal(separator), run(digit, 6, 6), literal(separator), run(digit, 5, 5)),
  );

/** First digits of the networks that issue cards: Visa, Mastercard, Amex, Diners, Discover, JCB, UnionPay, Maestro. */
const issuers = /^(?:4|5[0-9]|2[2-7]|3[0-9]|6[0-9])/;

const numbers: readonly Rule[] = [
  {
    name: 'card-number',
    anchors: ['2##', '3##', '4##', '5##', '6##'],
    before: '(?<![A-Za-z0-9_.,:+/=-])',
    lead: sequence(run('[2-6]', 1, 1), run(digit, 3, 3)),
    body: oneOf(run(digit, 9, 15), groups(' '), groups('-')),
    after: '(?![A-Za-z0-9_])',
    keepsLead: false,
    accepts: (body, _next, lead) => issuers.test(lead) && passesLuhn(lead + body),
  },
  {
    name: 'iban',
    anchors: ['@@#'],
    before: notInWord,
    lead: sequence(run('[A-Z]', 2, 2), run(digit, 2, 2)),
    body: oneOf(
      run('[A-Z0-9]', 11, 30),
      sequence(
        repeat(sequence(literal(' '), run('[A-Z0-9]', 4, 4)), 2, 7),
        maybe(sequence(literal(' '), run('[A-Z0-9]', 1, 3))),
      ),
    ),
    after: '(?![A-Za-z0-9])',
    keepsLead: false,
    accepts: (body, _next, lead) => passesIban(lead + body),
  },
];

export const tokenRules: readonly Rule[] = [...privateKeys, ...providers, ...numbers];
