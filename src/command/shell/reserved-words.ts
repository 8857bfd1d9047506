/** Unquoted and where a command name stands, these begin something else in some shell. */
export const reserved: ReadonlySet<string> = new Set(
  (
    '! { } [[ ]] case coproc do done elif else esac fi for function if in select then time until while ' +
    'repeat foreach end nocorrect noglob always switch begin and or not'
  ).split(' '),
);
