/**
 * Signing in with the company's own login service: OpenID Connect, authorization code with PKCE, state and nonce.
 *
 * What is believed is a signed ID token of the configured issuer for our client, and in it only an address that the issuer
 * says it has verified. Whose address that is, the configuration says: nobody becomes a reviewer by signing in.
 *
 * INVARIANT: the ID token's signature is checked against the issuer's keys, over whatever connection it came.
 * INVARIANT: no code, token, secret or claim reaches a message.
 */
import { createHash, randomBytes } from 'node:crypto';
import * as client from 'openid-client';
import type { OidcConfig } from '../config.ts';
import { WebError } from './error.ts';

/** A login service answers in well under a second; a person waits for this one. */
const timeoutS = 10;
/** Its addresses rarely change; its keys are looked up by openid-client whenever an unknown one signs. */
const discoveryLifetimeMs = 3_600_000;
const maxAddressLength = 254;

export const callbackPath = '/sign-in/oidc/callback';

export type OidcOutcome =
  | { readonly kind: 'person'; readonly email: string }
  /** `reason` is for the page and the audit log. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface OidcTerms {
  config(): OidcConfig | undefined;
  publicUrl(): string;
  clock(): number;
}

interface Discovered {
  readonly config: OidcConfig;
  readonly atMs: number;
  readonly provider: Promise<client.Configuration>;
}

export class Oidc {
  readonly #terms: OidcTerms;
  #discovered: Discovered | undefined;

  constructor(terms: OidcTerms) {
    this.#terms = terms;
  }

  /** Where to send the browser. `seed` is what the browser keeps meanwhile; everything secret of the flow is made from it. */
  async start(): Promise<{ readonly url: URL; readonly seed: string }> {
    const { provider } = await this.#provider();
    const seed = randomBytes(32).toString('base64url');
    const { state, nonce, verifier } = flowOf(seed);
    const url = client.buildAuthorizationUrl(provider, {
      redirect_uri: `${this.#terms.publicUrl()}${callbackPath}`,
      scope: 'openid email',
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return { url, seed };
  }

  /** `query` is what the browser brought back. Throws WEB_OIDC_UNREACHABLE when the service does not answer. */
  async finish(seed: string, query: string): Promise<OidcOutcome> {
    const { provider, config } = await this.#provider();
    const { state, nonce, verifier } = flowOf(seed);
    const url = new URL(`${this.#terms.publicUrl()}${callbackPath}`);
    url.search = query;
    try {
      const tokens = await client.authorizationCodeGrant(provider, url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const id = tokens.claims();
      if (id === undefined) return { kind: 'refused', reason: 'the login service sent no identity' };
      if (hasAddress(id, config)) return addressOf(id, config);
      if (provider.serverMetadata().userinfo_endpoint === undefined) return addressOf(id, config);
      return addressOf(await client.fetchUserInfo(provider, tokens.access_token, id.sub), config);
    } catch (error) {
      return refusalOf(error);
    }
  }

  async #provider(): Promise<{ readonly provider: client.Configuration; readonly config: OidcConfig }> {
    const config = this.#terms.config();
    if (config === undefined) throw new WebError('WEB_OIDC_UNREACHABLE', 'no web.oidc in the configuration');
    const known = this.#discovered;
    const nowMs = this.#terms.clock();
    if (known === undefined || known.config !== config || nowMs - known.atMs > discoveryLifetimeMs) {
      this.#discovered = { config, atMs: nowMs, provider: discover(config) };
    }
    const current = this.#discovered;
    try {
      return { provider: await (current ?? { provider: discover(config) }).provider, config };
    } catch (error) {
      // The next visitor tries again.
      if (this.#discovered === current) this.#discovered = undefined;
      throw error;
    }
  }
}

/** The issuer's own description of itself; also what `doctor` asks for. */
export async function discover(config: OidcConfig): Promise<client.Configuration> {
  const issuer = new URL(config.issuer);
  try {
    const execute = [client.enableNonRepudiationChecks];
    // The configuration allows http for loopback only.
    if (issuer.protocol === 'http:') execute.push(client.allowInsecureRequests);
    const found = await client.discovery(issuer, config.clientId, undefined, undefined, { execute, timeout: timeoutS });
    const methods = found.serverMetadata().token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const secret = methods.includes('client_secret_basic')
      ? client.ClientSecretBasic(config.clientSecret)
      : client.ClientSecretPost(config.clientSecret);
    const provider = new client.Configuration(found.serverMetadata(), config.clientId, config.clientSecret, secret);
    for (const extend of execute) extend(provider);
    provider.timeout = timeoutS;
    return provider;
  } catch (error) {
    throw unreachable(issuer, error);
  }
}

export async function checkOidc(config: OidcConfig): Promise<void> {
  const metadata = (await discover(config)).serverMetadata();
  const missing = (['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const).filter(
    (name) => metadata[name] === undefined,
  );
  if (missing.length > 0) {
    throw new WebError('WEB_OIDC_UNREACHABLE', `${config.issuer} names no ${missing.join(', ')}`);
  }
}

function unreachable(issuer: URL, error: unknown): WebError {
  const code = codeOf(error);
  const why = code === undefined ? 'it does not answer as a login service' : `it does not answer (${code})`;
  return new WebError('WEB_OIDC_UNREACHABLE', `${issuer.host}: ${why}; look at web.oidc.issuer`);
}

function flowOf(seed: string) {
  const part = (name: string) => createHash('sha256').update(`${name} ${seed}`).digest('base64url');
  return { state: part('state'), nonce: part('nonce'), verifier: part('verifier') };
}

type Claims = Readonly<Record<string, unknown>>;

const hasAddress = (claims: Claims, { claim }: OidcConfig) =>
  typeof claims[claim] === 'string' && claims.email_verified !== undefined;

function addressOf(claims: Claims, { claim }: OidcConfig): OidcOutcome {
  const email = claims[claim];
  if (typeof email !== 'string' || email === '' || email.length > maxAddressLength)
    return { kind: 'refused', reason: `the login service names no address (claim ${claim})` };
  // SPEC: OpenID Connect Core 1.0 section 5.1: a boolean. Absent means that the issuer promises nothing.
  if (claims.email_verified !== true)
    return { kind: 'refused', reason: 'the login service has not verified this address (claim email_verified)' };
  return { kind: 'person', email };
}

/** What went wrong at the login service, in our own words: its messages may quote what was sent. */
function refusalOf(error: unknown): OidcOutcome {
  if (error instanceof client.AuthorizationResponseError) {
    const isDenied = error.error === 'access_denied';
    return { kind: 'refused', reason: isDenied ? 'the login service said no' : 'the login service reported an error' };
  }
  const isOurFault =
    error instanceof client.WWWAuthenticateChallengeError ||
    (error instanceof client.ResponseBodyError && /^(invalid|unauthorized)_client$/.test(error.error));
  if (isOurFault) return { kind: 'refused', reason: 'the login service does not accept our client id or secret' };
  if (error instanceof client.ResponseBodyError) return { kind: 'refused', reason: 'the sign-in was too old' };
  const code = codeOf(error);
  if (code === undefined) throw new WebError('WEB_OIDC_UNREACHABLE', 'the login service did not answer');
  return { kind: 'refused', reason: `what the login service answered does not hold (${code})` };
}

/** openid-client and Node name the cause of an error by a code; the deepest says most. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return codeOf(error.cause) ?? (code !== undefined && /^[A-Z0-9_]{1,60}$/.test(code) ? code : undefined);
}
