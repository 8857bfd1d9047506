/**
 * Calls the API of a running Sallyport for the command line.
 *
 * INVARIANT: the reviewer's token comes from a file of mode 0600 or the environment, goes to one address, never over
 * plain HTTP to another machine, never after a redirect, and into no error text.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode, messageOf, SallyportError } from '../errors.ts';
import type { CliIo } from './io.ts';

/** The server answers in milliseconds; a person should not stare at a dead one. */
const timeoutMs = 15_000;
const maxAnswerBytes = 16 * 1024 * 1024;

export class ApiError extends SallyportError<'CLI_USAGE' | 'API_UNREACHABLE' | 'API_REFUSED' | 'API_ANSWER'> {
  /** HTTP status of a refusal; undefined otherwise. */
  readonly status: number | undefined;

  constructor(code: ApiError['code'], message: string, options: { cause?: unknown; status?: number } = {}) {
    super(code, message, options);
    this.status = options.status;
  }
}

export interface ApiOptions {
  readonly dir?: string;
  readonly url?: string;
  readonly tokenFile?: string;
}

export interface ApiHome {
  readonly url: string;
  readonly token: string;
}

const runShape = z.object({
  web: z.object({ url: z.string() }),
  reviewer: z.object({ apiToken: z.string() }).optional(),
});
const problemShape = z.object({ code: z.string(), title: z.string(), detail: z.string() });

/** Where to ask and as whom: flags first, then the environment, then what `sallyport start` wrote into DIR/run.json. */
export function findApi(options: ApiOptions, env: CliIo['env']): ApiHome {
  const directory = options.dir ?? env.SALLYPORT_DIR ?? '.sallyport';
  const given = options.url ?? (options.dir === undefined ? env.SALLYPORT_URL : undefined);
  const run = given === undefined || options.dir !== undefined ? readRun(directory) : undefined;
  const url = given ?? run?.web.url;
  if (url === undefined)
    throw new ApiError(
      'CLI_USAGE',
      `no running Sallyport in ${directory} (no run.json): give --url https://… or --dir DIRECTORY`,
    );
  const token =
    options.tokenFile === undefined ? (env.SALLYPORT_TOKEN ?? run?.reviewer?.apiToken) : readToken(options.tokenFile);
  if (token === undefined || token === '')
    throw new ApiError('CLI_USAGE', 'no reviewer token: set SALLYPORT_TOKEN or give --token-file FILE');
  return { url: checkedUrl(url), token };
}

export async function callApi<Shape extends z.ZodType>(
  { url, token }: ApiHome,
  shape: Shape,
  path: string,
  body?: unknown,
): Promise<z.infer<Shape>> {
  const answer = await ask(url + path, token, body);
  const value: unknown = jsonOf(answer.text);
  if (answer.status >= 400) {
    const problem = problemShape.safeParse(value);
    const words = problem.success ? `${problem.data.title}: ${problem.data.detail}` : `HTTP status ${answer.status}`;
    throw new ApiError('API_REFUSED', words, { status: answer.status });
  }
  const parsed = shape.safeParse(value);
  if (!parsed.success) throw new ApiError('API_ANSWER', `${url} does not answer like a Sallyport of this version`);
  return parsed.data;
}

async function ask(url: string, token: string, body: unknown): Promise<{ status: number; text: string }> {
  try {
    const response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'x-sallyport-client': 'cli',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    return { status: response.status, text: text.slice(0, maxAnswerBytes) };
  } catch (error) {
    throw new ApiError('API_UNREACHABLE', `${new URL(url).origin} cannot be reached: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function readRun(directory: string): z.infer<typeof runShape> | undefined {
  let text: string;
  try {
    text = readFileSync(join(directory, 'run.json'), 'utf8');
  } catch {
    return undefined;
  }
  const run = runShape.safeParse(jsonOf(text));
  if (!run.success) throw new ApiError('CLI_USAGE', `${join(directory, 'run.json')} is not what Sallyport writes`);
  return run.data;
}

function readToken(file: string): string {
  let mode: number;
  let text: string;
  try {
    mode = statSync(file).mode;
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ApiError('CLI_USAGE', `cannot read --token-file ${file}: ${reasonOf(error)}`, { cause: error });
  }
  if ((mode & 0o077) !== 0) throw new ApiError('CLI_USAGE', `${file} can be read by others: chmod 600 ${file}`);
  const token = text.trim();
  if (!/^[\x21-\x7e]{1,512}$/.test(token)) throw new ApiError('CLI_USAGE', `${file} does not contain one token`);
  return token;
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new ApiError('CLI_USAGE', '--url wants an address like https://gate.example.com');
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !isLoopback)
    throw new ApiError('CLI_USAGE', `the token would travel in clear to ${url.hostname}: use https://`);
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return errorCode(cause) ?? messageOf(cause);
}
