import { SallyportError } from '../errors.ts';

/** Why a command could not be started on a target. Nothing has run there when one of these is thrown. */
export class TargetError extends SallyportError<
  | 'TARGET_UNKNOWN'
  | 'TARGET_UNREACHABLE'
  | 'TARGET_HOST_KEY_MISMATCH'
  | 'TARGET_HOST_KEY_UNUSABLE'
  | 'TARGET_CREDENTIAL_UNUSABLE'
  | 'TARGET_LOGIN_REFUSED'
  | 'TARGET_CHANNEL_REFUSED'
  | 'TARGET_COMMAND_UNSENDABLE'
  | 'TARGET_BUSY'
  | 'TARGET_ABORTED'
> {}
