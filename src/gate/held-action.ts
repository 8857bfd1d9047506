/** What a reviewer is shown of an action, and what their decision is bound to. */
import type { HeldAction, Hold } from '../approval/hold.ts';
import type { CommandModel } from '../command/model.ts';
import { describeCommand } from '../policy/describe.ts';
import type { Asked } from './judgement.ts';
import type { ExecRequest, TargetInfo } from './ports.ts';

const stdinUse = { closed: 'closed', bytes: 'reviewed', stream: 'streamed' } as const;
export function heldAction(request: ExecRequest, target: TargetInfo, asked: Asked): HeldAction {
  const { agent } = request.session;
  return {
    kind: asked.program === undefined ? 'exec' : 'stdin',
    command: asked.model.text,
    canonical: asked.model.canonical,
    stdin: asked.shown,
    stdinUse: stdinUse[asked.stdin.kind],
    environment: request.environment,
    pty: undefined,
    agent: agent.name,
    agentOwner: agent.owner,
    ...(agent.keysChangedBy === undefined ? {} : { keysChangedBy: agent.keysChangedBy }),
    keyFingerprint: agent.keyFingerprint,
    target: target.name,
    targetHostKey: target.hostKeyFingerprint,
    account: request.account,
    policyHash: asked.decision.policyHash,
  };
}

export function partsInWords(asked: Asked): Hold['parts'] {
  return asked.decision.parts.map((part) => {
    const command = part.command === undefined ? undefined : asked.model.commands[part.command];
    const text = command === undefined ? asked.model.text : command.argv.map((word) => word.raw).join(' ');
    return { text, verdict: part.verdict, reason: part.reason };
  });
}

export function effectsInWords(model: CommandModel): readonly string[] {
  const sentences = model.commands.filter(({ effects }) => effects.length > 0).map(describeCommand);
  return [...new Set(sentences)];
}
