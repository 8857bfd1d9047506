/** `[]a]`, `[!]a]` and `[[:alpha:]_]` end where the shell ends them, not at the first bracket: source of an expression. */
export const bracket = String.raw`\[[!^]?\]?(?:\[:[a-z]*:\]|[^\]])*\]`;
