/**
 * One sample of every kind, put together from halves so that no scanner takes this file for a leak.
 * `shown` is what must be left of `text`.
 */
const repeated = (text: string, length: number) => text.repeat(Math.ceil(length / text.length)).slice(0, length);
const mixed = (length: number) => repeated('aB3dE5gH7jK9', length);

const pem = (label: string) =>
  `-----BEGIN ${label}-----\n${`${mixed(64)}\n`.repeat(3)}${mixed(20)}==\n-----END ${label}-----`;

const token = (name: string, text: string) => ({ name, text, shown: `[MASKED:${name}]` });
const value = (text: string, shown: string) => ({ name: text.slice(0, 24), text, shown });

export const secrets: readonly { readonly name: string; readonly text: string; readonly shown: string }[] = [
  ...['RSA PRIVATE KEY', 'PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'PGP PRIVATE KEY BLOCK'].map(
    (label) => ({ name: label, text: pem(label), shown: '[MASKED:private-key]' }),
  ),
  {
    name: 'an encrypted PEM with headers, in one JSON string',
    text: pem('EC PRIVATE KEY').replace('\n', '\nProc-Type: 4,ENCRYPTED\n').replaceAll('\n', '\\n'),
    shown: '[MASKED:private-key]',
  },
  {
    name: 'a PuTTY key',
    text: `Private-Lines: 2\r\n${mixed(64)}\r\n${mixed(40)}\r\nPrivate-MAC: ${repeated('0a9f', 40)}`,
    shown: '[MASKED:private-key]',
  },
  token('aws-access-key', `AKIA${'IOSFODNN7EXAMPLE'}`),
  token('aws-access-key', `ASIA${'IOSFODNN7EXAMPLE'}`),
  token('github-token', `ghp_${mixed(36)}`),
  token('github-token', `ghs_${mixed(36)}`),
  token('github-token', `github_pat_${mixed(22)}_${mixed(59)}`),
  token('gitlab-token', `glpat-${mixed(20)}`),
  token('slack-token', `xoxb-${repeated('1234567890-', 24)}${mixed(24)}`),
  token('stripe-key', `sk_live_${mixed(24)}`),
  token('stripe-key', `rk_test_${mixed(99)}`),
  token('google-key', `AIza${mixed(35)}`),
  token('npm-token', `npm_${mixed(36)}`),
  token('ai-key', `sk-ant-${mixed(95)}`),
  token('sallyport-token', `sally_${mixed(43)}`),
  token('jwt', `eyJ${mixed(33)}.eyJ${mixed(60)}.${mixed(43)}`),
  token('password-hash', `$6$${mixed(16)}$${mixed(86)}`),
  token('card-number', ['4111', '1111', '1111', '1111'].join('')),
  token('card-number', ['4111', '1111', '1111', '1111'].join(' ')),
  token('card-number', ['3782', '822463', '10005'].join('-')),
  token('iban', `DE89${'370400440532013000'}`),
  token('iban', `GB82 WEST ${'1234 5698 7654 32'}`),
  ...['RSA PRIVATE KEY', 'PRIVATE KEY', 'EC PRIVATE KEY', 'OPENSSH PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'].map(
    (label) => ({
      name: `${label} in base64`,
      text: `client-key-data: ${Buffer.from(pem(label)).toString('base64')}`,
      shown: 'client-key-data: [MASKED:private-key]',
    }),
  ),
  value('"auth": "dXNlcjpodW50ZXIy"', '"auth": "[MASKED:authorization]"'),
  value('//registry/:_auth=dXNlcjpodW50ZXIy', '//registry/:_auth=[MASKED:authorization]'),
  value('Set-Cookie: sid=a1b2c3d4e5f6g7h8; Path=/; HttpOnly', 'Set-Cookie: sid=[MASKED:cookie]'),
  value(`https://x/y?sv=2&sig=${mixed(40)}%3D`, 'https://x/y?sv=2&sig=[MASKED:url-signature]'),
  value('PresharedKey = K8sQ2hunter2K8sQ2hunter2=', 'PresharedKey = [MASKED:secret-value]'),
  value('sshpass -p hunter2', 'sshpass -p [MASKED:secret-value]'),
  value('redis-cli -h cache -a hunter2', 'redis-cli -h cache -a [MASKED:secret-value]'),
  value('openssl rsa -passin pass:hunter2', 'openssl rsa -passin pass:[MASKED:secret-value]'),
  value('AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCY', 'AWS_SECRET_ACCESS_KEY=[MASKED:aws-secret-key]'),
  value('"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG+b"', '"SecretAccessKey": "[MASKED:aws-secret-key]"'),
  value('aws_secret_access_key = wJalrXUtnFEMI/K7MDENG', 'aws_secret_access_key = [MASKED:aws-secret-key]'),
  value('Authorization: Bearer abc.def-123', 'Authorization: Bearer [MASKED:authorization]'),
  value('authorization: Basic dXNlcjpwYXNz', 'authorization: Basic [MASKED:authorization]'),
  value(`-H "Authorization: token ${mixed(30)}"`, '-H "Authorization: token [MASKED:authorization]"'),
  value(`bearer ${mixed(40)}`, 'bearer [MASKED:authorization]'),
  value('postgres://app:hunter2@db:5432/x', 'postgres://app:[MASKED:url-password]@db:5432/x'),
  value('redis://:p%40ss!word@cache', 'redis://:[MASKED:url-password]@cache'),
  value('DB_PASSWORD=p@ss;w&o,rd}x', 'DB_PASSWORD=[MASKED:secret-value]'),
  value('MYSQL_PWD=hunter22', 'MYSQL_PWD=[MASKED:secret-value]'),
  value('export API_KEY="two words and \\"quotes\\""', 'export API_KEY="[MASKED:secret-value]"'),
  value("PASSPHRASE='it'\\''s long'", "PASSPHRASE='[MASKED:secret-value]'"),
  value('{"password": "hunter2", "user": "bob"}', '{"password": "[MASKED:secret-value]", "user": "bob"}'),
  value('{\\"clientSecret\\":\\"hunter2\\"}', '{\\"clientSecret\\":\\"[MASKED:secret-value]\\"}'),
  value('  password: hunter2', '  password: [MASKED:secret-value]'),
  value('token = tr0ub4dor', 'token = [MASKED:secret-value]'),
  value('<password>hunter2</password>', '<password>[MASKED:secret-value]</password>'),
  value('mysql --password hunter2', 'mysql --password [MASKED:secret-value]'),
  value('curl -u bob:hunter2', 'curl -u bob:[MASKED:url-password]'),
  value(`?access_token=${mixed(200)}`, '?access_token=[MASKED:secret-value]'),
];

/** Text that looks a little like a secret and must stay as it is. */
export const harmless: readonly string[] = [
  // Base64 that begins as a key of Google's and is longer.
  `q8v/AIza${mixed(44)}+w==`,
  'Password: ',
  'PWD=/home/deploy OLDPWD=/var/www/html',
  'max_tokens: 100000, "token_type": "Bearer"',
  '"NextToken": "abcdefghijklmnopqrstuvwx"',
  `password=$\{DB_PASSWORD} PASSWORD=$DB_PASSWORD password: null`,
  'const token = parseToken(request);',
  'secretName: my-tls-secret',
  '[MASKED:jwt] password=[MASKED:secret-value]',
  '4111111111111112 is no card, 1731958479123456789 is a time',
  '-rw-r--r-- 1 root root 4096 2023-11-20 10:30 a.txt',
  'commit 4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  'http://localhost:8080/a@b http://[::1]:80/',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  '------------+-------------\n-----BEGIN PUBLIC KEY-----',
  'the bearer authentication-scheme-is described in RFC 6750',
  'docker run -u 1000:1000 image',
  'mkdir -p /srv/www && cp -a /srv/www /srv/old',
  `cert: ${Buffer.from('-----BEGIN CERTIFICATE-----').toString('base64')}`,
  'PASS: 12 FAIL: 3, pass: ok, the password is stored elsewhere',
  'DE00 0000 0000 0000 0000 00 and AB12',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKq bob@example',
];
