/** How V8 runs this program. Imported before all else, for what has run by then keeps what it has learned. */
import { setFlagsFromString } from 'node:v8';

// To V8 the same text is of another kind when it was cut out of a longer one, joined, decoded or written in the source,
// and of two more when it has letters beyond Latin-1; each part of a syntax tree is of a kind of its own. A property that
// was read of more than four kinds is looked up in a table ever after: the parser's every character would be.
setFlagsFromString('--max-valid-polymorphic-map-count=12');
