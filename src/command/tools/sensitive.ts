/**
 * Files whose content is somebody's identity, and places where a written file is run later.
 *
 * A tool that touches one of them has the effect `identity` (keys, passwords, tokens, who may log in or become root)
 * or `execute-code` (written: start-up files, timers, units, git configuration), whatever its description says.
 *
 * INVARIANT: a glob that could expand to such a file counts as that file.
 */
import type { Effect, PathObject } from '../model.ts';

/** `*` is one segment or a part of it, `**` any number of segments; `~` is any home directory. */
const identityPatterns: readonly string[] = [
  '**/.ssh',
  '**/.ssh/**',
  '**/authorized_keys',
  '**/authorized_keys2',
  '**/id_rsa',
  '**/id_dsa',
  '**/id_ecdsa',
  '**/id_ecdsa_sk',
  '**/id_ed25519',
  '**/id_ed25519_sk',
  '**/.gnupg/**',
  '**/.aws/**',
  '**/.azure/**',
  '**/.config/gcloud/**',
  '**/.kube/**',
  '**/.docker/config.json',
  '**/.netrc',
  '**/_netrc',
  '**/.npmrc',
  '**/.pypirc',
  '**/.pgpass',
  '**/.my.cnf',
  '**/.mylogin.cnf',
  '**/.git-credentials',
  '**/.config/git/credentials',
  '**/.config/gh/**',
  '**/.config/hub',
  '**/.terraform.d/credentials*',
  '**/.terraformrc',
  '**/.vault-token',
  '**/.boto',
  '**/.s3cfg',
  '**/.env',
  '**/.env.*',
  '**/.htpasswd',
  '**/.password-store/**',
  '**/.local/share/keyrings/**',
  '**/.mozilla/**',
  '**/.config/google-chrome/**',
  '**/.bash_history',
  '**/.zsh_history',
  '**/.mysql_history',
  '**/.psql_history',
  '**/.python_history',
  '**/.cargo/credentials*',
  '**/.m2/settings.xml',
  '**/.gradle/gradle.properties',
  '**/.config/rclone/rclone.conf',
  '**/*.pem',
  '**/*.key',
  '**/*.p12',
  '**/*.pfx',
  '**/*.kdbx',
  '**/*.keytab',
  '**/*.jks',
  '**/terraform.tfstate',
  '**/terraform.tfstate.backup',
  '**/wp-config.php',
  '/etc/shadow*',
  '/etc/gshadow*',
  '/etc/master.passwd',
  '/etc/sudoers*',
  '/etc/sudoers.d/**',
  '/etc/ssh/ssh_host_*',
  '/etc/ssl/private/**',
  '/etc/pki/tls/private/**',
  '/etc/letsencrypt/**',
  '/etc/kubernetes/**',
  '/etc/rancher/**',
  '/var/lib/kubelet/**',
  '/run/secrets/**',
  '/var/run/secrets/**',
  '/etc/krb5.keytab',
  '/etc/security/opasswd',
  '/etc/ppp/*-secrets',
  '/etc/wireguard/**',
  '/etc/openvpn/**',
  '/var/lib/sss/**',
  '/var/backups/shadow*',
  '/var/backups/gshadow*',
  '/proc/*/environ',
  '/proc/*/task/*/environ',
  '/proc/*/mem',
  '/proc/*/fd/**',
  '/proc/*/root/**',
  '/proc/*/cwd/**',
  '/proc/kcore',
  '/dev/mem',
  '/dev/kmem',
  '/dev/port',
  '/dev/sd*',
  '/dev/hd*',
  '/dev/vd*',
  '/dev/xvd*',
  '/dev/nvme*',
  '/dev/mmcblk*',
  '/dev/dm-*',
  '/dev/md*',
  '/dev/loop*',
  '/dev/mapper/**',
  '/dev/disk/**',
  '/dev/input/**',
];

/** Written, they decide who may log in or become whom. */
const accountPatterns: readonly string[] = [
  '/etc/passwd*',
  '/etc/group*',
  '/etc/pam.d/**',
  '/etc/pam.conf',
  '/etc/security/**',
  '/etc/nsswitch.conf',
  '/etc/ssh/**',
  '/etc/login.defs',
  '/etc/polkit-1/**',
  '/etc/doas.conf',
];

/** Written, they are run later by somebody else. */
const laterPatterns: readonly string[] = [
  '**/.bashrc',
  '**/.bash_profile',
  '**/.bash_login',
  '**/.bash_logout',
  '**/.bash_aliases',
  '**/.profile',
  '**/.zshrc',
  '**/.zshenv',
  '**/.zprofile',
  '**/.kshrc',
  '**/.inputrc',
  '**/.vimrc',
  '**/.vim/**',
  '**/.exrc',
  '**/.emacs*',
  '**/.gitconfig',
  '**/.config/git/**',
  '**/.git/**',
  '**/.gitattributes',
  '**/.gitmodules',
  '**/.config/systemd/**',
  '**/.config/autostart/**',
  '**/.lesskey',
  '**/.lessfilter',
  '**/.psqlrc',
  '**/.sqliterc',
  '**/.tmux.conf',
  '**/.screenrc',
  '**/.gdbinit',
  '**/.pythonrc*',
  '**/sitecustomize.py',
  '**/usercustomize.py',
  '/etc/cron*',
  '/etc/cron*/**',
  '/etc/anacrontab',
  '/etc/at.*',
  '/var/spool/cron/**',
  '/var/spool/at/**',
  '/etc/systemd/**',
  '/lib/systemd/**',
  '/usr/lib/systemd/**',
  '/run/systemd/**',
  '/usr/local/lib/systemd/**',
  '/etc/init.d/**',
  '/etc/rc*',
  '/etc/rc*/**',
  '/etc/profile*',
  '/etc/profile.d/**',
  '/etc/bash*',
  '/etc/zsh/**',
  '/etc/environment*',
  '/etc/ld.so*',
  '/etc/ld.so.conf.d/**',
  '/etc/udev/**',
  '/etc/modprobe.d/**',
  '/etc/modules*',
  '/etc/sysctl*',
  '/etc/sysctl.d/**',
  '/etc/gitconfig',
  '/etc/apt/**',
  '/etc/logrotate.d/**',
  '/etc/update-motd.d/**',
  '/etc/X11/**',
  '/boot/**',
  '/bin/**',
  '/sbin/**',
  '/lib/**',
  '/lib64/**',
  '/usr/bin/**',
  '/usr/sbin/**',
  '/usr/lib/**',
  '/usr/lib64/**',
  '/usr/local/bin/**',
  '/usr/local/sbin/**',
  '/usr/local/lib/**',
  '/proc/sys/**',
  '/proc/sysrq-trigger',
  '/sys/**',
];

type Segment = { readonly text: string; readonly starts: string | undefined; readonly hasStar: boolean };

interface Pattern {
  readonly segments: readonly Segment[];
  /** Starts with `**`: compared with every tail of the path. */
  readonly isFloating: boolean;
  readonly isTree: boolean;
}

const identity = identityPatterns.map(compile);
const accounts = accountPatterns.map(compile);
const later = laterPatterns.map(compile);
/** A key pair's public half is meant to be shown, and so is a sample without values. */
const publicFile = /\/(?:id_[a-z0-9_-]+|ssh_host_[a-z0-9_]+)\.pub$|\/\.env\.(?:example|sample|template|dist)$/;
/** Certificates everybody reads, with the ending of a key. */
const publicTrees = /^\/(?:etc\/ssl\/certs|usr\/share|etc\/pki\/ca-trust)\//;
const homes = /^\/(?:$|root$|home$|home\/[^/]+$|Users$|Users\/[^/]+$|export\/home$)/;

export interface Touch {
  /** Everything below the path is read as well. */
  readonly isTree: boolean;
  /** The unquoted glob as written. */
  readonly glob: string | undefined;
  readonly homeDirectory: string | undefined;
}

/** The effect a touched path adds to what the tool does, if any. */
export function sensitiveEffect(object: PathObject, touch: Touch): Effect | undefined {
  const isWritten = object.access === 'write' || object.access === 'delete';
  const isGlob = touch.glob !== undefined && object.isPrefix;
  const path = isGlob ? globPath(object.path, touch.glob ?? '') : object.path;
  const isOpen = object.isPrefix && !isGlob;
  if (path === '' || (isOpen && !path.includes('/'))) return undefined;
  if (!isWritten && !isGlob && (publicFile.test(`/${path}`) || publicTrees.test(path))) return undefined;
  const segments = path === '/' ? [''] : path.split('/');
  const look: Look = { segments, isOpen, isGlob, isTree: touch.isTree };
  const isHomeTree = touch.isTree && (homes.test(path) || path === touch.homeDirectory);
  if (isHomeTree || identity.some((pattern) => touches(pattern, look))) {
    return { kind: 'identity', why: 'touches a file with keys, passwords or raw data of the machine' };
  }
  if (!isWritten) return undefined;
  if (accounts.some((pattern) => touches(pattern, look))) {
    return { kind: 'identity', why: 'changes a file that decides who may log in' };
  }
  if (later.some((pattern) => touches(pattern, look))) {
    return { kind: 'execute-code', why: 'changes a file that is run or obeyed later' };
  }
  return undefined;
}

/** The glob as written, behind the directory that is known. */
function globPath(prefix: string, glob: string): string {
  const special = glob.search(/[*?[]/);
  const from = glob.lastIndexOf('/', special < 0 ? glob.length : special);
  return prefix.slice(0, prefix.lastIndexOf('/') + 1) + glob.slice(from + 1);
}

function compile(pattern: string): Pattern {
  const isFloating = pattern.startsWith('**/');
  const isTree = pattern.endsWith('/**');
  const texts = pattern.slice(isFloating ? 3 : 0, isTree ? -3 : undefined).split('/');
  const segments = texts.map((text) => {
    const star = text.indexOf('*');
    return { text, hasStar: star >= 0, starts: star >= 0 && star === text.length - 1 ? text.slice(0, -1) : undefined };
  });
  return { segments, isFloating, isTree };
}

interface Look {
  readonly segments: readonly string[];
  readonly isOpen: boolean;
  readonly isGlob: boolean;
  readonly isTree: boolean;
}

function touches(pattern: Pattern, look: Look): boolean {
  const wanted = pattern.segments;
  const length = look.segments.length;
  const lastStart = pattern.isFloating ? length - 1 : 0;
  for (let start = 0; start <= lastStart; start++) {
    const left = length - start;
    if (left > wanted.length && !pattern.isTree) continue;
    // Shorter than the pattern: only a tree, or a prefix that goes on, can reach it.
    if (left < wanted.length && (pattern.isFloating || !(look.isTree || look.isOpen))) continue;
    const common = Math.min(left, wanted.length);
    let i = 0;
    while (i < common && fits(look, start + i, wanted[i], pattern.isFloating)) i++;
    if (i === common) return true;
  }
  return false;
}

function fits(look: Look, at: number, wanted: Segment | undefined, isFloating: boolean): boolean {
  const segment = look.segments[at];
  if (segment === undefined || wanted === undefined) return false;
  if (look.isOpen && at === look.segments.length - 1 && segment !== wanted.text) {
    const literal = wanted.text.split('*')[0] ?? '';
    // Any name may follow; below a directory nobody named, only a beginning that says something counts.
    if (isFloating) return segment.length > 1 && literal.startsWith(segment);
    return literal.startsWith(segment) || (wanted.hasStar && segment.startsWith(literal));
  }
  // `*` alone says nothing about the name; below a directory that is named, it means every file there.
  if (look.isGlob) return !(isFloating && /^[*?]+$/.test(segment)) && meet(segment, wanted.text);
  if (!wanted.hasStar) return segment === wanted.text;
  if (wanted.starts !== undefined) return segment.startsWith(wanted.starts);
  return meet(segment, wanted.text);
}

/** Can one name fit both? `*`, `?` and `[…]` may stand in `glob`, `*` in `pattern`. */
export function meet(glob: string, pattern: string): boolean {
  // A glob never expands to a name that begins with a dot unless it says so.
  if (/^[*?[]/.test(glob) && pattern.startsWith('.')) return false;
  const parts = glob.match(/\*|\?|\[[^\]]*\]?|[^*?[]/gs) ?? [];
  let row: boolean[] = [true];
  for (let j = 1; j <= pattern.length; j++) row.push(row[j - 1] === true && pattern[j - 1] === '*');
  for (const part of parts) {
    const isStar = part === '*';
    const next: boolean[] = [row[0] === true && isStar];
    for (let j = 1; j <= pattern.length; j++) {
      const isWide = pattern[j - 1] === '*';
      const here = isStar || isWide || part.length > 1 || part === '?' || part === pattern[j - 1];
      const stays = (isWide || isStar) && row[j] === true;
      next.push((row[j - 1] === true && here) || stays || (next[j - 1] === true && (isStar || isWide)));
    }
    row = next;
  }
  return row.at(-1) === true;
}
