/**
 * Records as OCSF events, for a SIEM. A view, not the evidence: the log itself is that.
 *
 * SPEC: https://schema.ocsf.io/1.3.0 — Process Activity 1007, Authentication 3002, SSH Activity 4007; what fits none is a
 * Base Event. The whole record is in `unmapped`, so nothing is lost on the way.
 */
import type { AuditRecord } from './event.ts';

interface Mapping {
  readonly classUid: number;
  readonly activityId: number;
  readonly severityId: number;
  readonly statusId?: 1 | 2;
  readonly disposition?: keyof typeof dispositions;
  readonly more?: Readonly<Record<string, unknown>>;
}

const dispositions = { Allowed: 1, Blocked: 2, Approved: 8, Delayed: 14, Rejected: 25 } as const;
const informational = 1;
const medium = 3;
const high = 4;
const other = 99;

const verdicts = { allow: 'Allowed', approve: 'Delayed', deny: 'Blocked' } as const;

function mappingOf(record: AuditRecord): Mapping {
  switch (record.event) {
    case 'session.opened':
      return { classUid: 3002, activityId: 1, severityId: informational, statusId: 1 };
    case 'login.refused':
      return { classUid: 3002, activityId: 1, severityId: medium, statusId: 2, disposition: 'Blocked' };
    case 'session.closed':
      return { classUid: 3002, activityId: 2, severityId: informational, statusId: 1 };
    case 'connection.refused':
    case 'request.refused':
    case 'target.refused':
      return { classUid: 4007, activityId: 5, severityId: medium, statusId: 2, disposition: 'Blocked' };
    case 'command.decided':
      return {
        classUid: 1007,
        activityId: 1,
        severityId: record.verdict === 'deny' ? medium : informational,
        disposition: verdicts[record.verdict],
        more: { process: { cmd_line: record.command }, actor: actorOf(record) },
      };
    case 'command.started':
      return {
        classUid: 1007,
        activityId: 1,
        severityId: informational,
        statusId: 1,
        disposition: 'Allowed',
        more: { process: { cmd_line: record.sent }, actor: actorOf(record) },
      };
    case 'command.ended':
      return {
        classUid: 1007,
        activityId: 2,
        severityId: informational,
        statusId: record.exitStatus === 0 ? 1 : 2,
        more: { exit_code: record.exitStatus, duration: record.durationMs, actor: actorOf(record) },
      };
    case 'command.refused':
      return { classUid: 1007, activityId: 1, severityId: medium, statusId: 2, disposition: 'Blocked' };
    case 'hold.approved':
      return {
        classUid: 1007,
        activityId: 1,
        severityId: record.breakGlass === true ? high : informational,
        disposition: 'Approved',
      };
    case 'hold.rejected':
      return { classUid: 1007, activityId: 1, severityId: medium, disposition: 'Rejected' };
    case 'hold.expired':
    case 'hold.withdrawn':
      return { classUid: 1007, activityId: 1, severityId: informational, disposition: 'Blocked' };
    case 'agent.locked':
      return { classUid: 0, activityId: other, severityId: high, disposition: 'Blocked' };
    case 'agent.respelled':
    case 'log.recovered':
    case 'recording.repaired':
    case 'policy.refused':
    case 'session.failed':
    case 'hold.refused':
      return { classUid: 0, activityId: other, severityId: record.event === 'log.recovered' ? high : medium };
    default:
      return { classUid: 0, activityId: other, severityId: informational };
  }
}

const actorOf = ({ agent }: { readonly agent: string }) => ({ user: { name: agent, type: 'System', type_id: 3 } });

function endpointOf(remote: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (remote === undefined) return undefined;
  const match = /^\[?([0-9a-fA-F:.]+?)\]?(?::(\d{1,5}))?$/.exec(remote);
  if (match === null) return { name: remote };
  return { ip: match[1], ...(match[2] === undefined ? {} : { port: Number(match[2]) }) };
}

export function toOcsf(record: AuditRecord, version: string): Readonly<Record<string, unknown>> {
  const { classUid, activityId, severityId, statusId, disposition, more } = mappingOf(record);
  const { seq, at, prev: _prev, event, ...fields } = record;
  const field = (name: string): unknown => (fields as Readonly<Record<string, unknown>>)[name];
  const text = (name: string): string | undefined => {
    const value = field(name);
    return typeof value === 'string' ? value : undefined;
  };
  const target = text('target');
  return {
    class_uid: classUid,
    category_uid: Math.floor(classUid / 1000),
    activity_id: activityId,
    type_uid: classUid * 100 + activityId,
    time: Date.parse(at),
    severity_id: severityId,
    ...(statusId === undefined ? {} : { status_id: statusId }),
    ...(disposition === undefined
      ? {}
      : {
          disposition,
          disposition_id: dispositions[disposition],
          action_id: disposition === 'Blocked' || disposition === 'Rejected' ? 2 : 1,
        }),
    metadata: {
      version: '1.3.0',
      product: { name: 'Sallyport', vendor_name: 'Sallyport', version },
      uid: String(seq),
      sequence: seq,
      event_code: event,
      ...(text('session') === undefined ? {} : { correlation_uid: text('session') }),
    },
    message: text('reason') ?? event,
    ...(text('agent') === undefined ? {} : { user: { name: text('agent'), type_id: 3 } }),
    ...(text('remote') === undefined ? {} : { src_endpoint: endpointOf(text('remote')) }),
    ...(target === undefined ? {} : { device: { hostname: target, type_id: 1 }, dst_endpoint: { hostname: target } }),
    ...more,
    unmapped: { event, ...fields },
  };
}
