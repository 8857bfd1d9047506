/**
 * The audit log with an index beside it: what was appended can be listed at once, without reading the log again.
 */
import type { AuditEvent, AuditRecord } from './audit/event.ts';
import type { AuditLog } from './audit/log.ts';
import { readRecords } from './audit/reader.ts';
import { ReviewerHistory } from './audit/reviewer-history.ts';
import { SessionIndex } from './audit/sessions.ts';
import { SetupHistory } from './audit/setup-history.ts';
import type { AuditSink } from './gate/ports.ts';

export class EvidenceIndex implements AuditSink {
  readonly sessions = new SessionIndex();
  readonly history = new SetupHistory();
  readonly reviewers = new ReviewerHistory();
  readonly #log: AuditLog;

  private constructor(log: AuditLog) {
    this.#log = log;
  }

  /** Reads the log once. @throws AuditError when it cannot be read */
  static async open(log: AuditLog, directory: string): Promise<EvidenceIndex> {
    const index = new EvidenceIndex(log);
    for await (const record of readRecords(directory)) index.#add(record);
    return index;
  }

  async append(event: AuditEvent): Promise<void> {
    const at = new Date().toISOString();
    await this.#log.append(event);
    // INVARIANT: listed only what is on disk.
    this.#add({ seq: 0, prev: '', at, ...event });
  }

  #add(record: AuditRecord): void {
    this.sessions.add(record);
    this.history.add(record);
    this.reviewers.add(record);
  }
}
