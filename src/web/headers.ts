/**
 * The headers of every answer.
 *
 * Nothing may be loaded from elsewhere, run inline, framed, cached, indexed or told to another site. The page that plays
 * recordings alone may compile WebAssembly and start a worker from a blob, because the player is made so.
 */
import type { MiddlewareHandler } from 'hono';
import type { WebOptions } from './ports.ts';

const base = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
];
const strictPolicy = [...base, "script-src 'self'"].join('; ');
export const playerPolicy = [
  ...base.filter((part) => !/^(style|img|connect)-src/.test(part)),
  // The player sets style properties through the CSSOM and inlines its glyphs as data.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self' data:",
  "font-src 'self' data:",
  "script-src 'self' 'wasm-unsafe-eval'",
  'worker-src blob:',
].join('; ');

export function securityHeaders(options: Pick<WebOptions, 'publicUrl'>): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const set = (name: string, value: string) => {
      if (!c.res.headers.has(name)) c.res.headers.set(name, value);
    };
    set('Content-Security-Policy', strictPolicy);
    set('Referrer-Policy', 'no-referrer');
    set('Cache-Control', 'no-store');
    set('X-Robots-Tag', 'noindex, nofollow');
    set('X-Content-Type-Options', 'nosniff');
    set('X-Frame-Options', 'DENY');
    set('Cross-Origin-Opener-Policy', 'same-origin');
    set('Cross-Origin-Resource-Policy', 'same-origin');
    set('Permissions-Policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()');
    if (options.publicUrl().startsWith('https:')) set('Strict-Transport-Security', 'max-age=31536000');
  };
}
