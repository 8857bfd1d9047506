/**
 * The cookies of the web: one per browser that is signed in, one per reviewer who confirmed this device.
 *
 * On https they are `__Host-` cookies: Secure, no Domain, path `/`, so that no neighbour can set or read them. A
 * browser refuses those on plain http, where another name is used; that is for loopback only.
 */
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { sha256 } from './seal.ts';

const dayS = 86_400;

export interface CookieTerms {
  readonly name: string;
  readonly maxAgeS: number;
  /** Strict is sent only on requests from our own pages; Lax also when a link elsewhere leads here. */
  readonly sameSite: 'Strict' | 'Lax';
}

export const signedInCookie: CookieTerms = { name: 'sallyport', maxAgeS: dayS / 2, sameSite: 'Lax' };
/** Marks the browser that asked for a sign-in mail. Lax: the link in the mail leads here from elsewhere. */
export const signInCookie: CookieTerms = { name: 'sallyport-sign-in', maxAgeS: 900, sameSite: 'Lax' };

/** Marks the browser that left for the login service. Lax: it comes back from there. */
export const oidcCookie: CookieTerms = { name: 'sallyport-oidc', maxAgeS: 600, sameSite: 'Lax' };
/** Marks the browser that was given a passkey challenge. */
export const passkeyCookie: CookieTerms = { name: 'sallyport-passkey', maxAgeS: 300, sameSite: 'Strict' };

/** Several reviewers may share a browser; each has a cookie of their own. */
export function deviceCookie(reviewer: string): CookieTerms {
  return { name: `sallyport-device-${sha256(reviewer).slice(0, 12)}`, maxAgeS: 90 * dayS, sameSite: 'Strict' };
}

const fullName = (terms: CookieTerms, publicUrl: string) =>
  publicUrl.startsWith('https:') ? `__Host-${terms.name}` : terms.name;

export function readCookie(c: Context, terms: CookieTerms, publicUrl: string): string | undefined {
  const value = getCookie(c, fullName(terms, publicUrl));
  return value === undefined || value === '' || value.length > 512 ? undefined : value;
}

export function writeCookie(c: Context, terms: CookieTerms, publicUrl: string, value: string): void {
  setCookie(c, fullName(terms, publicUrl), value, {
    path: '/',
    httpOnly: true,
    sameSite: terms.sameSite,
    secure: publicUrl.startsWith('https:'),
    maxAge: value === '' ? 0 : terms.maxAgeS,
  });
}
