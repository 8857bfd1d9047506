/** `syslog*`, `access.log.*`: a log and what was put away of it, so its end says nothing of a kind (`*.key`). */
export const logNames = /^(?:[\w*-][\w.*-]*\.log|syslog)[.-]?\*$/;
