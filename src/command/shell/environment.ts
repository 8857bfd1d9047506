/**
 * Which variables may not be set, because they make shells, linkers, interpreters or common programs execute, load or
 * write something else. A name that is on no list goes to the policy, which allows none it does not name.
 */

import { isPlainLocale } from '../../locale.ts';

/** What a shell takes for the name of a variable, without a subscript. */
export const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Read by programs, but only to say how output looks or which language it is in. */
const harmless =
  /^(?:NO_COLOR|FORCE_COLOR|CLICOLOR|CLICOLOR_FORCE|COLUMNS|LINES|CI|DEBIAN_FRONTEND|NODE_ENV|RUST_BACKTRACE|RUST_LOG|CGO_ENABLED|GOOS|GOARCH|PYTHONHASHSEED|PYTHONUNBUFFERED|PYTHONDONTWRITEBYTECODE|PYTHONIOENCODING|SYSTEMD_COLORS|GREP_COLORS?|LS_COLORS|QUOTING_STYLE|TIME_STYLE|BLOCKSIZE|BLOCK_SIZE|DF_BLOCK_SIZE|DU_BLOCK_SIZE|GIT_TERMINAL_PROMPT|GIT_OPTIONAL_LOCKS|AWS_REGION|AWS_DEFAULT_REGION|HISTTIMEFORMAT|APT_LISTCHANGES_FRONTEND|NEEDRESTART_MODE|TERM|PGCONNECT_TIMEOUT|PGAPPNAME|PGUSER|PGDATABASE)$/;
/** The C library opens files these name: a message catalogue from elsewhere is a set of format strings. */
const fileNaming = /^(?:LANG|LANGUAGE|LC_[A-Z]+|TZ)$/;
const plainName = /^(?![/:])(?!.*\.\.)[\w.@:/+,<>-]*$/;
function isPlainName(name: string, value: string): boolean {
  if (name === 'TZ') return plainName.test(value);
  return name === 'LANGUAGE' ? plainName.test(value) && !value.includes('/') : isPlainLocale(value);
}
/** Programs run what these name, so only the ones that do nothing are taken. */
const pagers = /^(?:PAGER|GIT_PAGER|SYSTEMD_PAGER|MANPAGER|AWS_PAGER)$/;
const harmlessPagers = new Set(['', 'cat']);

/** What psql hands to the server: of its settings those that only say how long, and whether it may write. */
const harmlessServerOptions =
  /^ *(?:-c *(?:statement_timeout|lock_timeout|idle_in_transaction_session_timeout|default_transaction_read_only)=\w+ *)+$/;

/** Shells, linkers, interpreters and common programs act on these. */
const guarded =
  /^(?:PATH|ENV|BASH.*|IFS|PS[0-9]|PROMPT.*|SHELL|SHELLOPTS|CDPATH|FPATH|HOME|PWD|OLDPWD|USER|LOGNAME|MAIL.*|OPTERR|OPTIND|OPTARG|HIST.*|histchars|auto_resume|FCEDIT|EDITOR|VISUAL|BROWSER|.*PAGER|.*_?LESS.*|LD_.*|DYLD_.*|MALLOC_.*|GCONV_PATH|GLIBC_.*|LOCPATH|NLSPATH|TERMINFO.*|TERMCAP|TMPDIR|TMP|TEMP|RANDOM|SRANDOM|SECONDS|EPOCH.*|LINENO|UID|EUID|PPID|GROUPS|FUNC.*|DIRSTACK|PIPESTATUS|MAPFILE|REPLY|COMP.*|READLINE.*|COPROC|MACHTYPE|HOST.*|OSTYPE|TIMEFORMAT|TMOUT|EXECIGNORE|GLOBIGNORE|GLOBSORT|FIGNORE|IGNOREEOF|INPUTRC|CHILD_MAX|POSIXLY_CORRECT|GIT_.*|SSH_.*|GPG_.*|GNUPG.*|PYTHON.*|PERL.*|RUBY.*|GEM_.*|BUNDLE_.*|NODE_.*|NPM_.*|npm_.*|YARN_.*|PIP_.*|UV_.*|VIRTUAL_ENV|CONDA.*|JAVA.*|_JAVA.*|JDK_.*|CLASSPATH|MAVEN.*|GRADLE.*|GO[A-Z]*|CGO_.*|RUST.*|CARGO.*|CC|CXX|CPP|LD|AR|AS|MAKE.*|GNUMAKEFLAGS|.*FLAGS|.*_?OPTIONS|.*_?OPTS|.*_COMMAND|.*_CMD|[A-Z]*PATH|.*_EDITOR|.*_ASKPASS|.*[Pp][Rr][Oo][Xx][Yy]|DOCKER_.*|KUBE.*|HELM_.*|AWS_.*|GOOGLE_.*|CLOUDSDK_.*|AZURE_.*|TF_.*|ANSIBLE_.*|VAULT_.*|PG.*|MYSQL.*|REDIS.*|SQLITE.*|PSQL.*|CURL_.*|WGET.*|WGETRC|RSYNC_.*|TAR_.*|GZIP|BZIP.*|XZ_.*|ZIP.*|UNZIP.*|GREP_.*|RIPGREP_.*|FZF_.*|BAT_.*|LESS.*|MAN.*|GROFF.*|SYSTEMD_.*|DBUS_.*|XDG_.*|DISPLAY|XAUTHORITY|SUDO_.*|NOTIFY_SOCKET|OPENSSL.*|SSL_.*|REQUESTS_.*|LUA_.*|PHP.*|TCL.*|GUILE.*|EMACS.*|VIM.*|EXINIT|MC_.*|SCREEN.*|TMUX.*|_|!.*|0)$/;

/** A variable of the shell itself; another program sees it only when the name was exported before. */
export function isGuardedVariable(name: string, value?: string): boolean {
  if (fileNaming.test(name)) return value === undefined || !isPlainName(name, value);
  return guarded.test(name) && !harmless.test(name);
}

/** Without these a program shows what it shows in English, in UTC, without windows and asked directly. */
const harmlessWithout =
  /^(?:(?:https?|ftp|all|no)_proxy|(?:HTTPS?|FTP|ALL|NO)_PROXY|LANG|LANGUAGE|LC_[A-Z]+|TZ|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|VIRTUAL_ENV|TMUX)$/;

/** A variable that programs act on, and do more without (a PATH, what is preloaded, where temporary files go). */
export const mayNotBeUnset = (name: string): boolean => isGuardedVariable(name) && !harmlessWithout.test(name);

/**
 * A variable that reaches the environment of a program (`A=b cmd`, `export A=b`, `env A=b cmd`) and that programs are
 * known to act on. Names on neither list are in the model's assignments, and for the policy to judge.
 */
export function isGuardedEnvironment(name: string, value: string | undefined): boolean {
  if (name === 'TERM') return value === undefined || !/^[a-z0-9-]+$/.test(value);
  if (fileNaming.test(name)) return value === undefined || !isPlainName(name, value);
  if (harmless.test(name)) return false;
  if (name === 'PGOPTIONS') return value === undefined || !harmlessServerOptions.test(value);
  if (pagers.test(name) && value !== undefined && harmlessPagers.has(value)) return false;
  return guarded.test(name) || /proxy|path|preload|config|rc$|home$|opt/i.test(name);
}

export const guardedReason = (name: string): string =>
  `Setting ${name} may change what programs execute or load; it is one that they act on.`;
