/**
 * The asciicast v2 format: a JSON header, then one JSON array per event.
 *
 * SPEC: https://docs.asciinema.org/manual/asciicast/v2/ — codes `o` output, `m` marker, `r` resize; ours: `b`, the exact
 * bytes (base64) of the `o` event after it when those are not UTF-8. Players skip codes they do not know.
 */
export interface CastHeader {
  readonly version: 2;
  readonly width: number;
  readonly height: number;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly title: string;
  readonly command: string;
  readonly sallyport: {
    readonly session: string;
    readonly channel: string;
    readonly agent: string;
    readonly target: string;
    readonly account: string;
    /** `added-cr`: every line feed of the output was written as CR LF, for there was no terminal to do it. */
    readonly newlines: 'added-cr' | 'as-is';
  };
}

export interface CastEvent {
  readonly seconds: number;
  readonly code: string;
  readonly data: string;
}

/** A terminal obeys these in a file that is printed with `cat`; JSON leaves them as they are. */
const unsafe = /[\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const json = (value: unknown): string =>
  JSON.stringify(value).replace(unsafe, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);

export function encodeHeader(header: CastHeader): string {
  return `${json(header)}\n`;
}

export function encodeEvent({ seconds, code, data }: CastEvent): string {
  return `[${seconds.toFixed(6)},"${code}",${json(data)}]\n`;
}

/** Undefined when the line is no event. */
export function decodeEvent(line: string): CastEvent | undefined {
  const value = parse(line);
  if (!Array.isArray(value)) return undefined;
  const [seconds, code, data]: readonly unknown[] = value;
  if (typeof seconds !== 'number' || seconds < 0 || typeof code !== 'string' || typeof data !== 'string')
    return undefined;
  return { seconds, code, data };
}

export function decodeHeader(line: string): CastHeader | undefined {
  const value = parse(line);
  return isHeader(value) ? value : undefined;
}

function isHeader(value: unknown): value is CastHeader {
  if (typeof value !== 'object' || value === null) return false;
  const { version, width, height, command, sallyport } = value as Partial<Record<string, unknown>>;
  return (
    version === 2 &&
    typeof width === 'number' &&
    typeof height === 'number' &&
    typeof command === 'string' &&
    typeof sallyport === 'object' &&
    sallyport !== null
  );
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
