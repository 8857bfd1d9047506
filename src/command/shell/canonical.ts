/**
 * The model, printed as shell text: every known word single-quoted, operators and keywords from the tree.
 *
 * This is what runs when nobody was asked, so a word that we misread cannot mean something else on the target: what
 * was judged is what is printed. Nothing of the agent's text is copied except characters from checked alphabets.
 */
import { substitutionMark } from './arithmetic.ts';
import { plainWord } from './expand.ts';
import type { Insertion, Run } from './scene.ts';
import { nothing } from './short-list.ts';
import {
  type Arithmetic,
  type AssignmentNode,
  type CommandNode,
  emptyProgram,
  type Part,
  type Pipeline,
  type Program,
  type RedirectNode,
  type SimpleNode,
  type Template,
  type TestNode,
} from './syntax.ts';

export function quote(value: string): string {
  if (!value.includes("'")) return `'${value}'`;
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

/** Lists of words that descriptions insert are the same objects each time, and git's are long. */
const quotedLists = new WeakMap<readonly string[], string>();

/** The words as they stand in a canonical text. */
export function quoteAll(words: readonly string[]): string {
  let text = quotedLists.get(words);
  if (text === undefined) {
    text = words.map(quote).join(' ');
    quotedLists.set(words, text);
  }
  return text;
}

/** Throws a RangeError when something that must be printed cannot be: then there is no canonical text. */
export function printProgram(program: Program, run: Run): string {
  return new Printer(run).whole(program);
}

/** Builtins that take assignments as arguments must be bare for a dynamic value not to split. */
const declarers = new Set(['export', 'readonly', 'local', 'declare', 'typeset']);

class Printer {
  readonly #run: Run;
  /** Heredoc bodies that follow the next newline. */
  #bodies: string[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  whole(program: Program): string {
    const text = this.#program(program);
    return text + this.#flush();
  }

  /** `; `, or a newline and the heredoc bodies that wait for it. */
  #separator(isBackground: boolean): string {
    if (this.#bodies.length > 0) return `${isBackground ? ' &' : ''}${this.#flush()}`;
    return isBackground ? ' & ' : '; ';
  }

  #flush(): string {
    if (this.#bodies.length === 0) return '';
    const text = `\n${this.#bodies.join('')}`;
    this.#bodies = [];
    return text;
  }

  #program(program: Program): string {
    let text = '';
    const { statements } = program;
    for (let i = 0; i < statements.length; i++) {
      const statement = statements[i];
      if (statement === undefined) continue;
      const { list, isBackground } = statement;
      const isLast = i === statements.length - 1;
      text += this.#pipeline(list.first);
      for (const { operator, pipeline } of list.rest) text += ` ${operator} ${this.#pipeline(pipeline)}`;
      if (!isLast) text += this.#separator(isBackground);
      else if (isBackground) text += ' &';
    }
    return text;
  }

  /** A list inside a compound, with what ends it. */
  #list(program: Program): string {
    const text = this.#program(program);
    if (this.#bodies.length > 0) return text + this.#flush();
    return `${text}${program.statements.at(-1)?.isBackground === true ? ' ' : '; '}`;
  }

  #pipeline(pipeline: Pipeline): string {
    let text = `${pipeline.isNegated ? '! ' : ''}${pipeline.isTimed ? 'time ' : ''}`;
    if (pipeline.isNegated && pipeline.isTimed) text = 'time ! ';
    pipeline.commands.forEach((command, i) => {
      if (i > 0) text += ` ${pipeline.operators[i - 1] ?? '|'} `;
      text += this.#command(command);
    });
    return text;
  }

  #command(node: CommandNode): string {
    let text = this.#bare(node);
    for (const redirect of node.redirects) text += (text === '' ? '' : ' ') + this.#redirect(redirect);
    // `x=; $x` is a command for a shell, and nothing is none.
    if (text === '') throw new RangeError('a command without any word cannot be printed');
    return text;
  }

  #bare(node: CommandNode): string {
    switch (node.kind) {
      case 'simple':
        return this.#simple(node);
      case 'function':
        return `${node.name}() ${this.#command(node.body)}`;
      case 'group':
        return `{ ${this.#list(node.body)}}`;
      case 'subshell':
        return `( ${this.#list(node.body)})`;
      case 'if': {
        const branches = node.branches.map(
          ({ condition, body }, i) => `${i === 0 ? 'if' : 'elif'} ${this.#list(condition)}then ${this.#list(body)}`,
        );
        const otherwise = node.otherwise === undefined ? '' : `else ${this.#list(node.otherwise)}`;
        return `${branches.join('')}${otherwise}fi`;
      }
      case 'while':
        return `${node.isUntil ? 'until' : 'while'} ${this.#list(node.condition)}do ${this.#body(node)}done`;
      case 'for': {
        const words = node.words?.flatMap((word) => this.#fields(word));
        const head = words === undefined ? `for ${node.name}` : `for ${node.name} in ${words.join(' ')}`;
        return `${head}; do ${this.#list(node.body)}done`;
      }
      case 'counting-for':
        return `for ((${node.expressions.map((e) => (e === undefined ? '' : this.#arithmetic(e))).join('; ')})); do ${this.#list(node.body)}done`;
      case 'case': {
        const items = node.items.map(({ patterns, body, end }) => {
          const inner = body.statements.length === 0 ? '' : this.#list(body).replace(/; $/, ' ');
          return `(${patterns.map((pattern) => this.#single(pattern, 'pattern')).join('|')}) ${inner}${end} `;
        });
        return `case ${this.#single(node.word, 'value')} in ${items.join('')}esac`;
      }
      case 'arithmetic':
        return `(( ${this.#arithmetic(node.expression)} ))`;
      case 'test':
        return `[[ ${this.#test(node.expression)} ]]`;
      default:
        throw new RangeError('a part that was not understood cannot be printed');
    }
  }

  /** What a loop over lines runs gets none of them. */
  #body(node: CommandNode & { kind: 'while' }): string {
    const text = this.#list(node.body);
    return this.#isRewritten(node) ? `{ ${text}} < '/dev/null'; ` : text;
  }

  #isRewritten(node: CommandNode | Template): boolean {
    if (this.#run.rewritten?.has(node) !== true) return false;
    this.#run.printedRewrites ??= new Set();
    this.#run.printedRewrites.add(node);
    return true;
  }

  #simple({ assignments, args }: SimpleNode): string {
    const texts: string[] = [];
    for (const assignment of assignments) texts.push(this.#assignment(assignment));
    const start = texts.length;
    let declares = false;
    for (const { word, assignment } of args) {
      if (assignment !== undefined) {
        declares = true;
        texts.push(this.#assignment(assignment));
        continue;
      }
      const plain = this.#plain(word);
      if (plain !== undefined) texts.push(plain);
      else for (const text of this.#fields(word)) texts.push(text);
    }
    const first = declares ? args[0]?.word : undefined;
    const name = first === undefined ? undefined : this.#known(first)?.[0];
    if (name !== undefined && declarers.has(name)) texts[start] = name;
    return texts.join(' ');
  }

  /** A word that is one piece of text and nothing else; most are. */
  #plain(word: Template): string | undefined {
    const { insertions, nestedTexts } = this.#run;
    if (insertions?.has(word) === true || nestedTexts?.has(word) === true) return undefined;
    const only = plainWord(word, word.span);
    return only?.kind === 'known' ? quote(only.value) : undefined;
  }

  #assignment(node: AssignmentNode): string {
    const head = `${node.name}${node.isAppend ? '+=' : '='}`;
    if (node.elements !== undefined) return `${head}(${node.elements.flatMap((e) => this.#fields(e)).join(' ')})`;
    return node.value === undefined ? head : head + this.#single(node.value, 'value');
  }

  #redirect(node: RedirectNode): string {
    const fd = node.fd === undefined ? '' : String(node.fd);
    if (node.op === '<<') return `${fd}<<${this.#heredoc(node.target)}`;
    if (node.op === '>&' || node.op === '<&') return `${fd}${node.op}${node.target.raw}`;
    const use = node.op === '<<<' ? 'value' : 'pattern';
    return `${fd}${node.op} ${this.#single(node.target, use)}`;
  }

  #heredoc(body: Template): string {
    const known = this.#known(body);
    const isText = known !== undefined && known.length <= 1;
    // HOSTILE: where the target's own locale is GBK or the like, a backslash behind a letter is half of it.
    if (!isText && body.parts.some((part) => part.kind === 'text' && /[\u0080-\uffff][\\$`]/.test(part.value)))
      throw new RangeError('a backslash behind a letter that is not ASCII cannot be printed');
    const text = isText
      ? (known[0] ?? '')
      : body.parts
          .map((part) => (part.kind === 'text' ? part.value.replace(/[\\$`]/g, '\\$&') : this.#bareExpansion(part)))
          .join('');
    let mark = 'SALLYPORT';
    const lines = new Set(text.split('\n'));
    while (lines.has(mark)) mark += '_';
    this.#bodies.push(`${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${mark}\n`);
    return isText ? `'${mark}'` : mark;
  }

  /** In a heredoc body there are no quotes: expansions stand as they are. */
  #bareExpansion(part: Part): string {
    return this.#part(part, true).replace(/^"|"$/g, '');
  }

  #known(word: Template): readonly string[] | undefined {
    const resolved = this.#run.resolved.get(word);
    const only = resolved?.[0];
    if (resolved?.length === 1 && only?.kind === 'known') return [only.value];
    if (resolved !== undefined && resolved !== null) {
      return resolved.map((w) => {
        if (w.kind !== 'known') throw new RangeError('a dynamic word was remembered as known');
        return w.value;
      });
    }
    return word.parts.every((part) => part.kind === 'text')
      ? [word.parts.map((part) => (part.kind === 'text' ? part.value : '')).join('')]
      : undefined;
  }

  /** Zero or more words, with those that must be inserted behind them. */
  #fields(word: Template): readonly string[] {
    const known = this.#known(word);
    const insertions = this.#run.insertions?.get(word);
    if (known === undefined) {
      const isQuoted = this.#isRewritten(word);
      const text = word.parts
        .map((part) => this.#part(part, isQuoted && /^(?:parameter|substitution)$/.test(part.kind)))
        .join('');
      if (insertions === undefined) return [text];
      this.#run.printedInsertions ??= new Set();
      this.#run.printedInsertions.add(word);
      const instead = insertions.find((item) => item.instead !== undefined)?.instead;
      return [instead ?? text, ...insertions.flatMap(inserted)];
    }
    const program = known.length === 1 ? this.#run.nestedTexts?.get(word) : undefined;
    if (program !== undefined && program !== null) {
      const text = printProgram(program, this.#run);
      this.#run.printedTexts ??= [];
      this.#run.printedTexts.push(text);
      return [quote(text)];
    }
    if (insertions === undefined) return known.map(quote);
    this.#run.printedInsertions ??= new Set();
    this.#run.printedInsertions.add(word);
    const texts: string[] = [];
    for (const [field, value] of known.entries()) {
      texts.push(
        quote(insertions.find((item) => item.field === field && item.instead !== undefined)?.instead ?? value),
      );
      for (const item of insertions)
        if (item.field === field && item.words.length > 0) texts.push(quoteAll(item.words));
    }
    return texts;
  }

  /** Exactly one word; expansions are quoted, because nothing splits here. */
  #single(word: Template, use: 'value' | 'pattern'): string {
    const known = use === 'pattern' && word.parts.some((part) => part.kind === 'glob') ? undefined : this.#known(word);
    if (known !== undefined) return quote(known.join(' '));
    const isQuoting = use === 'value' && !word.parts.some((part) => part.kind === 'glob' || part.kind === 'brace');
    return word.parts.map((part) => this.#part(part, isQuoting && part.kind !== 'text' ? true : undefined)).join('');
  }

  /** `inQuotes` true: between double quotes for expansions; in a heredoc body bare. */
  #part(part: Part, inQuotes: boolean | undefined): string {
    const wrap = (text: string, isQuoted: boolean): string => (isQuoted || inQuotes === true ? `"${text}"` : text);
    switch (part.kind) {
      case 'text':
        return part.value === '' && !part.isQuoted ? '' : quote(part.value);
      case 'parameter':
        return wrap(this.#parameter(part), part.isQuoted);
      case 'substitution':
        return wrap(`$(${this.#nested(part.program)})`, part.isQuoted);
      case 'process':
        return `${part.operator}(${this.#nested(part.program)})`;
      case 'arithmetic':
        return wrap(`$(( ${this.#arithmetic(part.expression)} ))`, part.isQuoted);
      case 'glob':
      case 'brace':
      case 'tilde':
        return part.text;
      default:
        throw new RangeError('a part that was not understood cannot be printed');
    }
  }

  #arithmetic({ text, programs }: Arithmetic): string {
    if (programs.length === 0) return text;
    const [head = '', ...others] = text.split(substitutionMark);
    return others.reduce((all, piece, i) => `${all}$(${this.#nested(programs[i] ?? emptyProgram)})${piece}`, head);
  }

  #nested(program: Program): string {
    const outer = this.#bodies;
    this.#bodies = [];
    const text = ` ${this.#program(program)} `;
    if (this.#bodies.length > 0) throw new RangeError('a heredoc in a substitution cannot be printed');
    this.#bodies = outer;
    return text;
  }

  #parameter(part: Part & { kind: 'parameter' }): string {
    const { operation, name } = part;
    const whole = part.index === undefined ? name : `${name}[${part.index}]`;
    if (part.isLength) return `\${#${whole}}`;
    if (part.isKeys === true) return `\${!${whole}}`;
    if (operation === undefined) return `\${${whole}}`;
    const operand = operation.operand === undefined ? '' : this.#operand(operation.operand);
    const replacement = operation.replacement === undefined ? '' : `/${this.#operand(operation.replacement)}`;
    return `\${${whole}${operation.operator}${operand}${replacement}}`;
  }

  /** Operands were checked to be of plain characters, quoted text, or expansions. */
  #operand(word: Template): string {
    return word.parts
      .map((part) => (part.kind === 'text' && !part.isQuoted ? part.value : this.#part(part, undefined)))
      .join('');
  }

  /** Quoted text is matched literally, a bare parameter is a regular expression: neither may change into the other. */
  #regex(word: Template): string {
    return word.parts.map((part) => (part.kind === 'text' ? quote(part.value) : this.#part(part, undefined))).join('');
  }

  #test(node: TestNode): string {
    switch (node.kind) {
      case 'unary':
        return `${node.operator} ${this.#single(node.operand, 'value')}`;
      case 'binary': {
        const right = node.operator === '=~' ? this.#regex(node.right) : this.#single(node.right, 'pattern');
        return `${this.#single(node.left, 'value')} ${node.operator} ${right}`;
      }
      case 'logical':
        return node.operands.map((operand) => this.#test(operand)).join(` ${node.operator} `);
      case 'not':
        return `! ${this.#test(node.operand)}`;
      case 'group':
        return `( ${this.#test(node.operand)} )`;
      default:
        throw new RangeError('a part that was not understood cannot be printed');
    }
  }
}

/** An insertion may be no more than another spelling of the word itself. */
const inserted = ({ words }: Insertion): readonly string[] => (words.length === 0 ? nothing : [quoteAll(words)]);
