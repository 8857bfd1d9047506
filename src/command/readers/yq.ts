/**
 * Reads a filter of yq, which is one of two programs: one hands the filter to jq, the other (Go's) reads it by itself.
 *
 * Go's yq has `load`, `eval`, `strenv` and the like, and cuts its filter otherwise: a string ends at the first quote whatever
 * stands inside it (`"\("|load_str($p),")"`), a step of a path takes quotes and `#` with it (`.a+"|load_str($p),.x"`), words
 * need no ends, and `{load: 1}` calls. A filter that is the name of a file is no filter to it, but the file that is read.
 *
 * INVARIANT: what is harmless here is so for both.
 */
import type { JqOptions, ProgramReading } from '../reading.ts';
import { readJq } from './jq.ts';
import { joinReadings, unread } from './reading.ts';

/** What is no code to Go's yq: a string, a step of a path. */
const otherThanCode = /"(?:[^"\\]|\\.)*"|\.{2,3}|\."[^ "]+"|\.[^ ;}{:[\],|.()=\n!]+/gs;
const reaching = /load|eval|env\(|envsubst|strenv|system|#/;
/** A step of a path that begins a string for jq; which signs end a step was not always the same. */
const swallowedQuote = /\.[^ }{:[\],|.()="]+"/;
/** With operators of either language in it, it is hardly a file's. */
const mayNameFile = /^[\w./-]*\w[\w./-]*$/;

export function readYq(filter: string, options: JqOptions): ProgramReading {
  if (swallowedQuote.test(filter) || reaching.test(filter.replace(otherThanCode, ' ')) || filter.endsWith('.yq')) {
    return unread(
      'YQ_NOT_UNDERSTOOD',
      'the yq filter may read files or the environment, as one of its programs reads it',
    );
  }
  const reading = readJq(filter, options);
  if (!mayNameFile.test(filter)) return reading;
  const file: ProgramReading = {
    ...reading,
    effects: [],
    code: [],
    paths: [options.path('read', filter)],
    unknowns: [],
  };
  return joinReadings([reading, file]);
}
