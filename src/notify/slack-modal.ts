/**
 * What Slack shows in a dialogue: a hold, whole, with the fields to decide on it; or a sentence.
 *
 * INVARIANT: everything the decision is bound to and a person can read is shown whole, or there is nothing to decide
 * with and a link to the page.
 *
 * SPEC: https://docs.slack.dev/reference/views/modal-views/
 */
import type { Hold } from '../approval/hold.ts';
import { neededInWords } from '../approval/quorum.ts';
import { visibleText } from '../approval/visible.ts';
import { duration, oneLine } from './mail-facts.ts';

/** Slack refuses a text of more than 3,000 characters; bytes are never fewer. */
const maxChunkBytes = 2_900;
/** A dialogue has 100 blocks and 250 kB; whoever scrolls through this many has read for some minutes. */
const maxChunks = 30;
const maxTitleLength = 24;

export const callbackId = 'sallyport-decision';

/** What the dialogue was about, given back by Slack when it is sent. */
export interface Shown {
  readonly hold: string;
  readonly digest: string;
  readonly reviewer: string;
}

type Block = Readonly<Record<string, unknown>>;
export type View = Readonly<Record<string, unknown>>;

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
const section = (text: string): Block => ({ type: 'section', text: plain(text) });

export function decisionView(hold: Hold, reviewer: string, page: string, nowMs: number): View {
  const shown = wholeBlocks(hold);
  const head = [section(headline(hold)), section(`Why it was held: ${oneLine(hold.reason)}`)];
  const link = linkBlock(page, 'Everything about it, and what an approval may cover beyond this run');
  const left = `${duration(hold.expiresAtMs - nowMs)} left; no answer is not a yes.`;
  const needs = hold.quorum > 1 || hold.allOf !== undefined ? ` Needs ${oneLine(neededInWords(hold))}.` : '';
  if (shown === undefined || head.some(isTooLong))
    return messageView('It is too long to be shown here. Decide on its page.', page);
  const metadata: Shown = { hold: hold.id, digest: hold.digest, reviewer };
  return {
    ...frame('Review a command'),
    callback_id: callbackId,
    private_metadata: JSON.stringify(metadata),
    submit: plain('Send my decision'),
    close: plain('Not now'),
    blocks: [...head, ...shown, section(`${left}${needs}`), decisionInput(), reasonInput(hold), link],
  };
}

export function messageView(text: string, page?: string): View {
  return {
    ...frame('Sallyport'),
    close: plain('Close'),
    blocks: [section(text), ...(page === undefined ? [] : [linkBlock(page, 'Open its page')])],
  };
}

function frame(title: string): View {
  return { type: 'modal', title: plain(title.slice(0, maxTitleLength)) };
}

function headline({ action }: Hold): string {
  const { agent, agentOwner, target, account } = action;
  return `${oneLine(agent)} (agent of ${oneLine(agentOwner)}) wants to run this on ${oneLine(target)} as ${oneLine(account)}:`;
}

function isTooLong(block: Block): boolean {
  return Buffer.byteLength(JSON.stringify(block.text)) > maxChunkBytes;
}

/** Undefined when it does not fit. */
function wholeBlocks({ action, effects }: Hold): readonly Block[] | undefined {
  const { command, canonical, stdin, stdinUse, environment } = action;
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const texts: readonly (readonly [string, string | undefined])[] = [
    ['The command', command],
    ['The same, as Sallyport reads it', canonical === command ? undefined : canonical],
    ['The program it is given on stdin', stdin],
    ['With this environment', variables.length === 0 ? undefined : variables.join('\n')],
    ['What it would do', effects.length === 0 ? undefined : effects.join('\n')],
  ];
  const chunked = texts.flatMap(([title, text]) => (text === undefined ? [] : [{ title, chunks: chunksOf(text) }]));
  if (chunked.reduce((sum, { chunks }) => sum + chunks.length, 0) > maxChunks) return undefined;
  const blocks = chunked.flatMap(({ title, chunks }) =>
    chunks.flatMap((chunk, at) => [
      section(chunks.length === 1 ? `${title}:` : `${title}, part ${at + 1} of ${chunks.length}:`),
      preformatted(chunk),
    ]),
  );
  const streamed = 'It also reads data from the agent that nobody has seen.';
  return stdinUse === 'streamed' ? [...blocks, section(streamed)] : blocks;
}

/** HOSTILE: an element of rich text is not read as mark-up, whatever is in it. */
function preformatted(text: string): Block {
  // An empty text element is refused; a command of nothing is drawn as one space.
  const elements = [{ type: 'text', text: text === '' ? ' ' : text }];
  return { type: 'rich_text', elements: [{ type: 'rich_text_preformatted', elements }] };
}

function chunksOf(raw: string): readonly string[] {
  const chunks: string[] = [];
  let chunk = '';
  let bytes = 0;
  for (const character of visibleText(raw)) {
    const more = Buffer.byteLength(character);
    if (bytes + more > maxChunkBytes) {
      chunks.push(chunk);
      [chunk, bytes] = ['', 0];
    }
    chunk += character;
    bytes += more;
  }
  return [...chunks, chunk];
}

function decisionInput(): Block {
  const option = (value: string, text: string) => ({ text: plain(text), value });
  return {
    type: 'input',
    block_id: 'decision',
    label: plain('Your decision'),
    // Nothing is chosen beforehand.
    element: {
      type: 'radio_buttons',
      action_id: 'decision',
      options: [
        option('approve', 'Approve: it runs once, exactly as shown'),
        option('reject', 'Reject: it does not run'),
      ],
    },
  };
}

function reasonInput({ reasonRequired, minReasonLength = 0 }: Hold): Block {
  const least = Math.max(reasonRequired ? 1 : 0, minReasonLength);
  const label =
    least === 0 ? 'Reason' : `Reason (to approve: ${least === 1 ? 'required' : `${least} characters or more`})`;
  return {
    type: 'input',
    block_id: 'reason',
    optional: true,
    label: plain(label),
    element: { type: 'plain_text_input', action_id: 'reason', multiline: true, max_length: 1_000 },
  };
}

function linkBlock(page: string, text: string): Block {
  const address = page.replaceAll('&', '&amp;').replaceAll('<', '%3C').replaceAll('>', '%3E').replaceAll('|', '%7C');
  return { type: 'section', text: { type: 'mrkdwn', text: `<${address}|${text}>` } };
}
