import { SallyportError } from '../errors.ts';

export class WebError extends SallyportError<
  | 'WEB_PORT_TAKEN'
  | 'WEB_LISTEN_FAILED'
  | 'WEB_ASSET_MISSING'
  | 'WEB_PASSKEYS_UNREADABLE'
  | 'WEB_OIDC_UNREACHABLE'
  | 'WEB_CERTIFICATE_UNUSABLE'
> {}
