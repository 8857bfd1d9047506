/** Raised with every change of the tables; an older file is refused rather than guessed at. */
export const schemaVersion = 1;

/**
 * `body` is the whole record as JSON; the columns beside it are what is searched or compared. `job` and its
 * companions belong to the queue backend in ../queue/.
 */
export const schema = `
CREATE TABLE hold (
  id TEXT PRIMARY KEY, version INTEGER NOT NULL, state TEXT NOT NULL, agent TEXT NOT NULL, digest TEXT NOT NULL,
  created_ms INTEGER NOT NULL, deadline_ms INTEGER, body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX hold_pending ON hold (digest) WHERE state = 'pending';
CREATE INDEX hold_open ON hold (digest, created_ms) WHERE state IN ('pending', 'approved');
CREATE INDEX hold_due ON hold (deadline_ms) WHERE deadline_ms IS NOT NULL;
CREATE INDEX hold_newest ON hold (created_ms, id);
CREATE INDEX hold_state ON hold (state, created_ms, id);
CREATE INDEX hold_agent ON hold (agent, created_ms, id);

CREATE TABLE link (
  token_hash TEXT PRIMARY KEY, hold TEXT NOT NULL, reviewer TEXT NOT NULL, expires_ms INTEGER NOT NULL,
  is_used INTEGER NOT NULL
) STRICT;
CREATE INDEX link_of ON link (hold, reviewer);
CREATE TABLE device (
  secret_hash TEXT PRIMARY KEY, reviewer TEXT NOT NULL, expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX device_of ON device (reviewer, expires_ms);
CREATE TABLE challenge (
  id TEXT PRIMARY KEY, reviewer TEXT NOT NULL, hold TEXT NOT NULL, answer_hash TEXT NOT NULL,
  tries_left INTEGER NOT NULL, expires_ms INTEGER NOT NULL, is_answered INTEGER NOT NULL
) STRICT;
CREATE INDEX challenge_of ON challenge (hold, reviewer);

CREATE TABLE job (
  queue TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL,
  opts TEXT NOT NULL, added_ms INTEGER NOT NULL, delay_ms INTEGER NOT NULL, priority INTEGER NOT NULL,
  rank INTEGER NOT NULL, due_ms INTEGER, lock_token TEXT, lock_until_ms INTEGER, stalled INTEGER NOT NULL DEFAULT 0,
  attempts_made INTEGER NOT NULL DEFAULT 0, attempts_started INTEGER NOT NULL DEFAULT 0,
  processed_ms INTEGER, finished_ms INTEGER, failed_reason TEXT, stacktrace TEXT, return_value TEXT,
  progress TEXT, processed_by TEXT, deferred_failure TEXT, dedup_id TEXT, scheduler_id TEXT,
  PRIMARY KEY (queue, id)
) STRICT;
CREATE INDEX job_next ON job (queue, state, priority, rank);
CREATE INDEX job_due ON job (queue, due_ms) WHERE state = 'delayed';
CREATE INDEX job_locked ON job (queue, lock_until_ms) WHERE state = 'active';
CREATE INDEX job_finished ON job (queue, state, finished_ms);
CREATE TABLE job_log (
  number INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE INDEX job_log_of ON job_log (queue, id, number);
CREATE TABLE job_event (
  number INTEGER PRIMARY KEY AUTOINCREMENT, queue TEXT NOT NULL, fields TEXT NOT NULL
) STRICT;
CREATE INDEX job_event_of ON job_event (queue, number);
CREATE TABLE job_scheduler (
  queue TEXT NOT NULL, id TEXT NOT NULL, next_ms INTEGER NOT NULL, fields TEXT NOT NULL, PRIMARY KEY (queue, id)
) STRICT;
CREATE TABLE job_dedup (
  queue TEXT NOT NULL, id TEXT NOT NULL, job TEXT NOT NULL, expires_ms INTEGER, PRIMARY KEY (queue, id)
) STRICT;
CREATE TABLE queue_meta (
  queue TEXT NOT NULL, field TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (queue, field)
) STRICT;
`;
