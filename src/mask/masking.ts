import type { Masking } from '../gate/ports.ts';
import { assignmentRules } from './assignment-rules.ts';
import { Detector } from './detector.ts';
import { markText } from './masked-text.ts';
import { RuleStreamMasker } from './stream.ts';
import { tokenRules } from './token-rules.ts';

/**
 * The masking of the whole program. It catches accidents, not intent: a secret that is encoded (base64, hex), wrapped
 * over lines or printed character by character gets through.
 */
export function createMasking(): Masking {
  const detector = new Detector([...tokenRules, ...assignmentRules]);
  return {
    stream: () => new RuleStreamMasker(detector),
    text: (raw) => {
      const masker = new RuleStreamMasker(detector);
      const masked = Buffer.concat([masker.push(Buffer.from(raw, 'utf8')), masker.end()]);
      return markText(masked.toString('utf8'));
    },
  };
}
