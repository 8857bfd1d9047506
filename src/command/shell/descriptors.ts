/**
 * Outputs that are open for reading only, and would be written to all the same.
 *
 * `/dev/stdout` stands for whatever descriptor 1 is, and who opens it for writing opens the file behind it once more:
 * `{ echo x > /dev/stdout; } 1< notes` empties `notes`, though `<` only reads. So a file that becomes descriptor 1 or 2 counts
 * as written, and what has been opened for reading above them must not be copied onto them.
 */
import type { Span, Unknown, Word } from '../model.ts';
import type { RedirectNode } from './syntax.ts';

export interface DescriptorUse {
  /** Some descriptor above 2 is open for reading. */
  isReadAbove: boolean;
  /** A copy of one above 2 is what stdout or stderr then is. */
  copy: { readonly span: Span } | undefined;
  /** A redirection that hands stdin on under another number or name. */
  handedOn: { readonly span: Span } | undefined;
  /** Some shell reads its own text from stdin. */
  isProgramRead: boolean;
}

export const freshDescriptors = (): DescriptorUse => ({
  isReadAbove: false,
  copy: undefined,
  handedOn: undefined,
  isProgramRead: false,
});

/** Where a process finds a descriptor of its own, or of another. */
const byName = /^\/+(?:dev\/+(?:stdin|fd)|proc\/.*\/fd)(?:\/|$)/;

const isOutput = (fd: number): boolean => fd === 1 || fd === 2;

/** A file that is opened for reading becomes an output. */
export const isReadAsOutput = ({ op, fd }: RedirectNode): boolean => op === '<' && fd !== undefined && isOutput(fd);

/** What the redirection makes of descriptors; the answer says what is wrong with it by itself. */
export function noteDescriptor(node: RedirectNode, target: Word, use: DescriptorUse): Unknown | undefined {
  const { op, fd, span } = node;
  if (op === '<' && fd !== undefined && fd > 2) use.isReadAbove = true;
  if (op.startsWith('<') && target.kind === 'known' && byName.test(target.value)) use.handedOn = { span };
  if (op !== '<&' && op !== '>&') return undefined;
  const from = target.kind === 'known' ? Number.parseInt(target.value, 10) : Number.NaN;
  const to = fd ?? (op === '>&' ? 1 : 0);
  if (from === 0 && to > 2) use.isReadAbove = true;
  if (from === 0) use.handedOn = { span };
  if (from > 2 && isOutput(to)) use.copy = { span };
  if (from !== 0 || !isOutput(to)) return undefined;
  return { code: 'REDIRECT_INPUT_AS_OUTPUT', reason: 'What is read becomes what is written to.', span };
}

/** Of the text as a whole: a loop or a function may copy what only a later line opens. */
export function copiesInput({ isReadAbove, copy, handedOn, isProgramRead }: DescriptorUse): Unknown | undefined {
  if (isProgramRead && handedOn !== undefined) {
    const reason =
      'It may read the stdin from which a shell reads its own text; what is left of that means something else.';
    return { code: 'STDIN_PROGRAM_SHARED', reason, span: handedOn.span };
  }
  if (!isReadAbove || copy === undefined) return undefined;
  const reason = 'A descriptor that may be open for reading becomes one that is written to.';
  return { code: 'REDIRECT_INPUT_AS_OUTPUT', reason, span: copy.span };
}
