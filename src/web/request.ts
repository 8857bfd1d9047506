/**
 * What a request says about itself, believed as far as it may be.
 *
 * Refuses a POST that another site's page could have sent, and a forwarded address from anybody but a configured proxy.
 */
import type { Context } from 'hono';
import type { WebOptions } from './ports.ts';

const loopbackHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

interface NodeBindings {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
}

/** The address of the other side, for limits and for the audit log. */
export function remoteOf(c: Context, options: Pick<WebOptions, 'trustedProxies'>): string {
  const bindings: NodeBindings | undefined = c.env;
  const peer = bindings?.incoming?.socket?.remoteAddress ?? 'unknown';
  const proxies = options.trustedProxies ?? [];
  if (!proxies.includes(peer)) return peer;
  // HOSTILE: everything left of the last untrusted entry was written by the client itself.
  const chain = (c.req.header('x-forwarded-for') ?? '').split(',').map((entry) => entry.trim());
  const nearest = chain.findLast((entry) => !proxies.includes(entry));
  return nearest !== undefined && /^[0-9a-fA-F.:]{2,45}$/.test(nearest) ? nearest : peer;
}

/**
 * Whether a page of ours sent this request. Browsers send `Sec-Fetch-Site` to trustworthy addresses, and `Origin`
 * with every POST; under `Referrer-Policy: no-referrer` a plain form's Origin is `null`, which alone proves nothing.
 */
export function isSameOrigin(c: Context, publicUrl: string): boolean {
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined || origin === 'null') return site === 'same-origin';
  if (origin === new URL(publicUrl).origin) return true;
  const host = c.req.header('host') ?? '';
  return loopbackHost.test(host) && origin === `http://${host}`;
}

/** The fields of a form post; of a repeated field the last counts, and what is not a plain form has none. */
export async function formOf(c: Context): Promise<ReadonlyMap<string, string>> {
  const type = c.req.header('content-type') ?? '';
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) return new Map();
  return new Map(new URLSearchParams(await c.req.text()));
}
