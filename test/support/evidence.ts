import type { AuditEvent } from '../../src/audit/event.ts';
import { AuditLog, type AuditLogOptions } from '../../src/audit/log.ts';

/** A log whose clock moves one second per record. */
export function openLog(directory: string, more: Partial<AuditLogOptions> = {}): Promise<AuditLog> {
  let ms = Date.UTC(2031, 4, 1);
  const now = () => {
    ms += 1000;
    return new Date(ms);
  };
  return AuditLog.open({ directory, now, ...more });
}

export function stopped(reason: string): AuditEvent {
  return { event: 'process.stopped', reason };
}
