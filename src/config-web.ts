/** Settings of the web that have files of their own: the login service and the certificate. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import type { OidcConfig, TlsFiles } from './config.ts';
import type { SecretReader } from './config-notify.ts';

const loopback = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/** Whoever can change what the issuer answers signs in as anybody, so plain http is for this machine only. */
function isTrustworthy(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(text);
  const isBare = username === '' && password === '' && search === '' && hash === '';
  return isBare && (protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname)));
}

export const oidcSchema = z
  .strictObject({
    issuer: z
      .string()
      .refine(isTrustworthy, 'must be the https address of the login service, like https://login.example.com'),
    client_id: z.string().min(1).max(500),
    client_secret_file: z.string().min(1).optional(),
    client_secret_env: z.string().min(1).optional(),
    claim: z
      .string()
      .regex(/^[A-Za-z_][\w.:/-]{0,99}$/, 'must be the name of a claim, like email')
      .default('email'),
  })
  .optional();

export function toOidc(
  document: z.output<typeof oidcSchema>,
  secret: SecretReader,
): { readonly oidc: OidcConfig } | undefined {
  if (document === undefined) return undefined;
  const { issuer, client_id, client_secret_file, client_secret_env, claim } = document;
  const clientSecret = secret({ file: client_secret_file, env: client_secret_env }, 'client_secret_file');
  return { oidc: { issuer, clientId: client_id, clientSecret, claim } };
}

export const tlsSchema = z.strictObject({ cert_file: z.string().min(1), key_file: z.string().min(1) }).optional();

/** `read` gives the key as any other secret; `at` makes paths absolute. */
export function toTls(
  document: z.output<typeof tlsSchema>,
  at: (file: string) => string,
  secret: SecretReader,
  report: (message: string) => void,
): { readonly tls: TlsFiles } | undefined {
  if (document === undefined) return undefined;
  const files = { certFile: at(document.cert_file), keyFile: at(document.key_file) };
  const key = secret({ file: document.key_file, env: undefined }, 'key_file');
  if (key !== '') {
    try {
      createSecureContext({ cert: readFileSync(files.certFile), key });
    } catch {
      report(`${files.certFile} and ${files.keyFile} do not fit together, or are not PEM without passphrase`);
    }
  }
  return { tls: files };
}
