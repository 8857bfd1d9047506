/** A real browser against the real server: chromium from Debian, one context per test, screenshots on wish. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import type { WebOptions } from '../../src/web/ports.ts';
import { startWeb } from '../../src/web/server.ts';
import { type TestWeb, testWeb } from './web.ts';

export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
export const desktop: BrowserContextOptions = { viewport: { width: 1280, height: 900 } };

/** The same engine without the windows around it takes half the processor; where it is not installed, the whole browser. */
const browsers = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'] as const;

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: browsers.find((file) => existsSync(file)) ?? browsers[0],
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

export interface LiveWeb extends TestWeb {
  readonly url: string;
  close(): Promise<void>;
}

/** The web in memory, behind a real port; on plain http, as on a developer's machine. */
export async function liveWeb(
  overrides: Partial<WebOptions> & { readonly startMs?: number; readonly hostname?: string } = {},
): Promise<LiveWeb> {
  let url = 'http://127.0.0.1';
  const web = testWeb({ startMs: Date.now(), publicUrl: () => url, ...overrides });
  const running = await startWeb(web.app, { host: '127.0.0.1', port: 0 });
  url = running.url.replace('127.0.0.1', overrides.hostname ?? '127.0.0.1');
  return { ...web, url, close: () => running.close() };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Whatever axe-core finds wrong, by rule and place. */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  // Evaluated from outside the page, so that its own strict policy stays as it is.
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(axe);
  const found: unknown = await page.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
      .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))))`,
  );
  return Array.isArray(found) ? found.map(String) : ['axe did not run'];
}

/** Nothing of the page lies beyond its width. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, view]: number[] = await page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
  expect(content).toBeLessThanOrEqual(view ?? 0);
}

/** Kept only when SCREENSHOTS names a directory: people look at them, tests do not. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const directory = process.env.SCREENSHOTS;
  if (directory === undefined) return;
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true });
}

/** Errors of scripts and of the content policy, which no journey may cause. */
export function watchErrors(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // A refusal's status is logged by the browser itself.
    if (message.type() === 'error' && !/Failed to load resource: .* status of 4\d\d/.test(message.text())) {
      errors.push(message.text());
    }
  });
  return errors;
}
