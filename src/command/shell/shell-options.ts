/**
 * Options of the shell: `shopt` and `set`.
 *
 * Refuses: what changes how a text is read (`extglob`, `extdebug`, `set -k`, `set -a` …). Options that widen what a
 * glob matches are noted from the text before anything is expanded, because a loop may set one for its next round.
 */

/** Only `shopt` has these, and they change nothing about how words are read or what they come to. */
const harmless = new Set(
  `assoc_expand_once cdspell checkhash checkwinsize cmdhist complete_fullquote direxpand dirspell
  force_fignore globasciiranges globskipdots gnu_errfmt histappend histreedit histverify hostcomplete huponexit
  inherit_errexit lithist localvar_inherit localvar_unset login_shell mailwarn no_empty_cmd_completion nocasematch
  noexpand_translation progcomp progcomp_alias promptvars restricted_shell shift_verbose syslog_history
  varredir_close`.split(/\s+/),
);
const widening = /^(?:dotglob|globstar|nocaseglob|nullglob)$/;
const others = new Set(
  `array_expand_once autocd bash_source_fullpath cdable_vars compat31 compat32 compat40 compat41 compat42 compat43
  compat44 compat50 compat51 compat52 execfail expand_aliases extdebug extglob extquote interactive_comments lastpipe
  patsub_replacement sourcepath xpg_echo`.split(/\s+/),
);

/**
 * A text that may set one of these has globs that match more than they say, or nothing at all: a `find /srv/x*` without a
 * start begins where the shell is.
 */
export const mayWidenGlobs = (text: string): boolean =>
  text.includes('glob') && /dotglob|globstar|nocaseglob|nullglob/.test(text);

/** `shopt` with these words shows options, or sets only such as change nothing. A word that is no option is an error. */
export function isHarmlessShopt(values: readonly string[], hasWideGlobs: boolean): boolean {
  const [option, ...names] = values;
  if (values.every((value) => /^(?:-[pq]+|[a-z_]+)$/.test(value))) return true;
  if (option !== '-s' && option !== '-u') return false;
  return names.every((name) => {
    if (/^-/.test(name)) return true;
    if (widening.test(name)) return hasWideGlobs;
    return harmless.has(name) || (!others.has(name) && !/_|glob|^compat/.test(name));
  });
}

const named = /^(?:errexit|nounset|xtrace|pipefail|verbose|noglob|noclobber|emacs|vi)$/;

/** Undefined when `set` with these words only chooses how errors are handled, else the word that does more. */
export function riskyOption(values: readonly string[]): string | undefined {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? '';
    if (value === '--' || value === '-') return undefined;
    if (value === '-o' || value === '+o') {
      if (values.length === 1) return undefined;
      const name = values[++i] ?? '';
      if (!named.test(name)) return `the option ${name}`;
    } else if (/^[-+]/.test(value)) {
      const isPipefail = /^[-+][euxvfC]*o$/.test(value) && values[i + 1] === 'pipefail';
      if (isPipefail) i++;
      else if (!/^[-+][euxvfC]+$/.test(value)) return value;
    } else {
      return undefined;
    }
  }
  return undefined;
}
