/**
 * Files whose content is somebody's identity, and places where a written file is run later.
 *
 * A tool that touches one of them has the effect `identity` (keys, passwords, tokens, who may log in or become root)
 * or `execute-code` (written: start-up files, timers, units, git configuration), whatever its description says.
 *
 * INVARIANT: a glob that could expand to such a file counts as that file, and so does a name that a file system without
 * upper and lower case (macOS) takes for it.
 */
import { type Effect, type PathObject, unknownHome } from '../model.ts';
import { credentialPlaces } from './credential-places.ts';
import { accountPlaces, obeyedPlaces } from './obeyed-places.ts';
import { compilePlaces, type Look, meet, wildcard } from './place.ts';

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
  '**/.*_history',
  '**/.zhistory',
  '**/.history',
  '**/fish_history',
  '**/.smbcredentials',
  '**/.Xauthority',
  '**/.config/containers/auth.json',
  '**/.config/doctl/**',
  '**/.fly/config.yml',
  '**/.claude/.credentials.json',
  '**/.codex/auth.json',
  '**/.config/op/**',
  '**/.pulumi/credentials.json',
  '**/.huggingface/token',
  '**/.cache/huggingface/token',
  '**/.composer/auth.json',
  '**/.config/composer/auth.json',
  '**/.gem/credentials',
  '**/pip.conf',
  // For who reads every `*.conf` of these.
  '/etc/pip.conf',
  '/etc/xdg/pip/pip.conf',
  '**/.pip/pip.conf',
  '**/.config/pip/pip.conf',
  '**/.yarnrc.yml',
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
  '/etc/spwd.db',
  '/etc/sudoers*',
  '/etc/sudoers.d/**',
  '/etc/ssh/ssh_host_*',
  '/etc/ssl/private/**',
  '/usr/lib/ssl/private/**',
  '/etc/pki/tls/private/**',
  '/etc/letsencrypt/**',
  '/etc/kubernetes/**',
  '/etc/rancher/**',
  '/var/lib/kubelet/**',
  '/run/secrets/**',
  // For who reads all of `/var`.
  '/var/run/secrets/**',
  '/etc/krb5.keytab',
  '/etc/security/opasswd',
  '/etc/ppp/*-secrets',
  '/etc/wireguard/**',
  '/etc/openvpn/**',
  '/var/lib/sss/**',
  '/etc/mysql/debian.cnf',
  '/etc/exim4/passwd.client',
  '/etc/postfix/sasl_passwd*',
  '/etc/gitlab/gitlab-secrets.json',
  '/etc/NetworkManager/system-connections/**',
  // Keys of tunnels (WireGuard, MACsec).
  '/etc/systemd/network/*.netdev',
  '/etc/systemd/network/*.netdev.d/**',
  '/run/systemd/network/*.netdev',
  '/run/systemd/network/*.netdev.d/**',
  '/etc/wpa_supplicant/**',
  '/etc/apt/auth.conf',
  '/etc/apt/auth.conf.d/**',
  '/etc/ipsec.secrets',
  '/etc/ipsec.d/private/**',
  '/etc/ceph/*.keyring',
  '/etc/cloudflared/**',
  '/etc/vault.d/**',
  '/etc/*credentials*',
  '/var/lib/jenkins/secrets/**',
  '/var/lib/mysql/mysql/**',
  '/var/lib/cloud/instance/user-data*',
  '/var/lib/cloud/instances/*/user-data*',
  '/run/cloud-init/instance-data-sensitive.json',
  '/run/containers/*/auth.json',
  '/run/user/*/containers/**',
  '/run/user/*/keyring/**',
  '/sys/firmware/qemu_fw_cfg/**',
  '/var/db/dslocal/**',
  '/var/backups/shadow*',
  '/var/backups/gshadow*',
  '/var/backups/master.passwd*',
  '/proc/*/environ',
  '/proc/*/mem',
  '/proc/*/fd/**',
  '/proc/*/root/**',
  '/proc/*/cwd/**',
  // Every thread shows what its process shows.
  '/proc/*/task/*/environ',
  '/proc/*/task/*/mem',
  '/proc/*/task/*/fd/**',
  '/proc/*/task/*/root/**',
  '/proc/*/task/*/cwd/**',
  '/proc/*/map_files/**',
  '/proc/kcore',
  '/proc/vmcore',
  // What is read of them is gone for others.
  '/proc/kmsg',
  '/sys/kernel/tracing/trace_pipe',
  '/sys/kernel/tracing/per_cpu/*/trace_pipe*',
  '/sys/kernel/debug/tracing/trace_pipe',
  '/sys/kernel/debug/tracing/per_cpu/*/trace_pipe*',
  '/sys/kernel/tracing/instances/*/trace_pipe',
  '/sys/kernel/tracing/instances/*/per_cpu/*/trace_pipe*',
  '/sys/kernel/debug/tracing/instances/*/trace_pipe',
  '/sys/kernel/debug/tracing/instances/*/per_cpu/*/trace_pipe*',
  '/run/initctl',
  '/run/systemd/initctl/**',
  // Closed again, it throws away what was traced.
  '/sys/kernel/tracing/free_buffer',
  '/sys/kernel/tracing/instances/*/free_buffer',
  '/sys/kernel/debug/tracing/free_buffer',
  '/sys/kernel/debug/tracing/instances/*/free_buffer',
];

const lowerCase = (patterns: readonly string[]): readonly string[] => patterns.map((text) => text.toLowerCase());
const identity = compilePlaces(lowerCase([...identityPatterns, ...credentialPlaces]));
/** What such files are called wherever they lie, where all of the name is known. */
export const secretNames: readonly string[] = [...identityPatterns, ...credentialPlaces].flatMap(
  (pattern) => /^\*\*\/([^*/]+)$/.exec(pattern)?.[1]?.toLowerCase() ?? [],
);
const accounts = compilePlaces(lowerCase(accountPlaces));
const later = compilePlaces(lowerCase(obeyedPlaces));
/** HOSTILE: such a file system also takes a long s for an s. */
const mayFold = /[A-Z\u0080-\uffff]/;
const folded = (path: string): string => path.normalize('NFKC').toLowerCase();
/** A key pair's public half is meant to be shown, and so is a sample without values. */
const publicFile = /\/(?:id_[a-z0-9_-]+|ssh_host_[a-z0-9_]+)\.pub$|\/\.env\.(?:example|sample|template|dist)$/;
/**
 * Devices that hold nothing of anybody. All others are raw disks, memory, cameras and keys pressed, or act when they are
 * only opened (a watchdog restarts the machine, a tape rewinds), under names nobody can list.
 */
export const plainDevice =
  /^\/dev\/(?:null|zero|full|u?random|tty|ptmx|kmsg|log|std(?:in|out|err)|fd|fd\/\d+|shm|shm\/.*|mqueue|pts|(?:tcp|udp)\/.*)$/;
/** HOSTILE: names of what is open, which may be a directory: `cat /dev/fd/3/shadow 3</etc`. */
const openedName = /^\/dev\/(?:fd(?:\/\d+)?|std(?:in|out|err))$/;
/** The passwords of another system, mounted or unpacked anywhere. */
const otherShadow = /\/etc\/(?:g?shadow|master\.passwd|spwd\.db)[-~]?$/;
/** Certificates everybody reads, with the ending of a key. */
const publicTrees = /^\/(?:etc\/ssl\/certs|usr\/share|etc\/pki\/ca-trust)\//;
/** What certbot hands to everybody who connects, beside the key. */
const certificate =
  /^\/etc\/letsencrypt\/(?:live\/[^/]+\/(?:cert|chain|fullchain)|archive\/[^/]+\/(?:cert|chain|fullchain)\d+)\.pem$/;
/** No program keeps a secret under such a name, and everybody asks for it first. */
const releaseGlob = /^\/etc\/\*[-_.]?(?:release|version|issue)\*?$/;
/** Where a service keeps its certificates are their keys; a directory of that name elsewhere is somebody's source code. */
const keyTree = /^\/etc\/(?:.+\/)?(?:ssl|tls|certs?|certificates?|private|keys?|pki|keystores?)$/;
const homes = /^\/(?:$|root$|(?:home|users|var\/home|usr\/home)(?:\/[^/]+)?$|export\/home$|var\/root(?:home)?$)/;

/** The same for globs, which are compared segment by segment. */
const shadowGlob = compilePlaces(['shadow', 'gshadow', 'master.passwd', 'spwd.db'].map((name) => `**/etc/${name}*`));
const homeGlob = compilePlaces([
  ...['/root', '/home', '/home/*', '/users', '/users/*', '/export/home', '/var/root', '/var/roothome'],
  ...['/var/home', '/var/home/*', '/usr/home', '/usr/home/*'],
]);

export interface Touch {
  /** Everything below the path is read as well. */
  readonly isTree: boolean;
  /** Only files whose names no known secret has: a home then holds none, but a directory of secrets does. */
  readonly isNarrow?: boolean;
  /** The unquoted glob as written. */
  readonly glob: string | undefined;
  readonly homeDirectory: string | undefined;
}

const noneWild: readonly boolean[] = [];

/** The effect a touched path adds to what the tool does, if any. */
export function sensitiveEffect(object: PathObject, touch: Touch): Effect | undefined {
  const isWritten = object.access === 'write' || object.access === 'delete';
  const isGlob = touch.glob !== undefined && object.isPrefix;
  const written = isGlob ? globPath(object.path, touch.glob ?? '') : object.path;
  const path = realPath(written);
  const isOpen = object.isPrefix && !isGlob;
  if (path === '' || (isOpen && !path.includes('/'))) return undefined;
  if (!isWritten && (isGlob ? isPublicGlob(path) : isPublic(path))) return undefined;
  const lower = mayFold.test(written) ? realPath(folded(written)) : path;
  const found = effectAt(lower, object, isGlob, touch);
  if (found !== undefined) return found;
  // `[!A-Z]` in small letters is another class.
  if (isGlob) return lower === path ? undefined : effectAt(path, object, isGlob, touch);
  if (isWritten || isOpen) return undefined;
  for (const original of originals(lower)) {
    const ofCopy = effectAt(original, object, isGlob, touch);
    if (ofCopy !== undefined) return ofCopy;
  }
  return undefined;
}

function effectAt(path: string, object: PathObject, isGlob: boolean, touch: Touch): Effect | undefined {
  const isWritten = object.access === 'write' || object.access === 'delete';
  const isOpen = object.isPrefix && !isGlob;
  const { isTree } = touch;
  const isHolder = isTree && touch.isNarrow !== true;
  const segments = path === '/' ? [''] : path.split('/');
  const hasMarks = wildcard.test(path);
  const wild = isGlob && hasMarks ? segments.map((segment) => wildcard.test(segment)) : noneWild;
  const look: Look = { segments, isOpen, wild, hasMarks, isTree, isHolder };
  const isHomeTree =
    isHolder && (isGlob ? mayHoldHome(look, touch.homeDirectory) : holdsHome(path, touch.homeDirectory));
  const isShadow = isGlob ? shadowGlob({ ...look, isTree: false, isHolder: false }) : otherShadow.test(path);
  const isKeyTree = isHolder && keyTree.test(path);
  if (isHomeTree || isKeyTree || isDevice(devicePath(look, path), isTree) || isShadow || identity(look)) {
    const isCertain = !isTree && !isOpen && !isGlob;
    const touches = isCertain ? 'touches' : 'may touch';
    return { kind: 'identity', why: `${touches} a file with keys, passwords or raw data of the machine` };
  }
  if (!isWritten) return undefined;
  // HOSTILE: a directory that is moved to `.cargo` or `.config` brings along what is obeyed there.
  const itself = { ...look, isHolder: object.access === 'write' };
  if (accounts(itself)) {
    return { kind: 'identity', why: 'changes a file that decides who may log in' };
  }
  // HOSTILE: below any directory may be a repository's configuration.
  const isAnyName = object.access === 'write' && isHolder;
  if (isAnyName || later(itself)) {
    return { kind: 'execute-code', why: 'changes a file that is run or obeyed later' };
  }
  return undefined;
}

/** `/d*\/sda` may be a device. */
function devicePath({ segments, wild }: Look, path: string): string {
  return wild[1] === true && meet(segments[1] ?? '', 'dev') ? ['', 'dev', ...segments.slice(2)].join('/') : path;
}

/** Raw disks, memory and the like; below the name of what is open lies what only the kernel knows. */
function isDevice(path: string, isTree: boolean): boolean {
  if (path === '/dev') return isTree;
  return path.startsWith('/dev/') && (!plainDevice.test(path) || (isTree && openedName.test(path)));
}

/** What FreeBSD and Homebrew put in the place of `/etc`. */
const otherEtc = /^\/(?:usr\/local|opt\/homebrew)(?=\/etc(?:\/|$))/;

/** `/var/run` is a link to `/run` everywhere, and on macOS `/etc` and `/var` lead to places of their own. */
function realPath(path: string): string {
  if (path.startsWith('/usr/local/etc') || path.startsWith('/opt/homebrew/')) return path.replace(otherEtc, '');
  if (path.startsWith('/var/run/')) return path.slice('/var'.length);
  if (path.startsWith('/system/volumes/data/')) return realPath(path.slice('/system/volumes/data'.length));
  return path.startsWith('/private/') ? path.slice('/private'.length) : path;
}

/** What editors and people call the copy they keep: `id_rsa.old`, `.env~`, `.netrc.swp`. */
const copyEnding = /(?:~|\.(?:bak|old|orig|save|backup|copy|prev|sw[a-p]))$/;
const noCopies: readonly string[] = [];

/** What the file itself is called, of the name of a copy: vim hides its own behind a dot, where there is none. */
function originals(path: string): readonly string[] {
  const ending = copyEnding.exec(path)?.[0];
  if (ending === undefined) return noCopies;
  const original = path.slice(0, -ending.length);
  return ending.startsWith('.sw') ? [original, original.replace(/\/\.(?=[^/]*$)/, '/')] : [original];
}

/** A directory above holds the home as well. */
function holdsHome(path: string, home: string | undefined): boolean {
  return homes.test(path) || path === unknownHome || (home !== undefined && `${folded(home)}/`.startsWith(`${path}/`));
}

function mayHoldHome(look: Look, home: string | undefined): boolean {
  const ofHome = home === undefined ? undefined : folded(home).split('/');
  const isAbove = ofHome !== undefined && look.segments.length <= ofHome.length;
  const isOwn = isAbove && look.segments.every((segment, i) => meet(segment, ofHome[i] ?? ''));
  return isOwn || homeGlob(look);
}

/** `*` stands for one name. */
const isPublicGlob = (path: string): boolean =>
  releaseGlob.test(path) || certificate.test(path) || (publicTrees.test(path) && !path.includes('/..'));

function isPublic(path: string): boolean {
  const isNamed = path.endsWith('.pub') || path.includes('.env.');
  return (isNamed && publicFile.test(`/${path}`)) || publicTrees.test(path) || certificate.test(path);
}

/** The glob as written, behind the directory that is known. */
function globPath(prefix: string, glob: string): string {
  const special = glob.search(/[*?[]/);
  const from = glob.lastIndexOf('/', special < 0 ? glob.length : special);
  return prefix.slice(0, prefix.lastIndexOf('/') + 1) + glob.slice(from + 1);
}
