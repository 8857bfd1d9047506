/**
 * Reads one argv with one description: which word is an option, whose value it is, which slot an operand fills.
 *
 * Refuses: an option that is not described, an abbreviation unless every option of the tool is described, a word that
 * may become an option when the tool has one that matters, more operands than there are slots.
 * INVARIANT: every word behind the tool's name has been given a role or is in `unknowns`.
 */
import { dynamicWord } from '../dynamic-word.ts';
import type { HostObject, Word } from '../model.ts';
import { nothing } from '../shell/short-list.ts';
import type { Added, Slot, ToolCommand, ToolOption } from './compile.ts';
import type { Draft } from './draft.ts';
import { Given } from './given.ts';
import { impliedWords } from './implied.ts';
import { takesNext } from './missing-value.ts';
import { isNoSubcommand, isSwitch, matchesNoOption, mayBeMore, optionNamed, subcommandNamed } from './option-name.ts';
import { inOrder, noteLateProgram, readingsOf } from './order.ts';
import type { Assigned, Parsed } from './parsed.ts';
import { fileRole, isOneOf } from './role.ts';
import { endOfOptions, isOneOperand, mayShield, withoutDashes } from './shield.ts';
import { assignSlots, SlotRoles } from './slots.ts';
import { commandAt, isUnseen, type KnownWord, mayBeOption, maySplit, tail, textOf } from './word.ts';

export class ArgvParser {
  readonly #draft: Draft;
  readonly #argv: readonly Word[];
  #command: ToolCommand;
  #at = 1;
  #isEnded = false;
  #inExpression = false;
  #direction: HostObject['direction'] | undefined = undefined;
  readonly #operands: Word[] = [];
  readonly #strays: Word[] = [];
  readonly #added: Added[] = [];
  readonly #given = new Given();
  readonly #values: Assigned[] = [];
  readonly #roles = new SlotRoles();
  readonly #environment: { name: string; value: Word }[] = [];
  readonly #until: { of: string; words: readonly Word[]; isMany: boolean }[] = [];
  #rest: Parsed['rest'] = undefined;

  constructor(command: ToolCommand, argv: readonly Word[], draft: Draft) {
    this.#command = command;
    this.#argv = argv;
    this.#draft = draft;
    this.#enter(command);
  }

  parse(): Parsed {
    const argv = this.#argv;
    if (this.#command.bareFirst) this.#readOldCluster();
    while (this.#at < argv.length && this.#rest === undefined) {
      const word = argv[this.#at++];
      if (word === undefined) break;
      if (this.#isEnded) this.#operand(word);
      else this.#word(word);
    }
    const { alone, subcommands, slots } = this.#command;
    if (subcommands.size > 0 && this.#operands.length === 0) {
      if (alone !== undefined) this.#draft.addEffects(alone);
      else if (slots.length === 0) this.#draft.unknown('TOOL_SUBCOMMAND_MISSING', 'no sub-command is given', argv[0]);
    }
    const placed = this.#slots();
    const implied = impliedWords(this.#command, this.#added, placed, argv[0]);
    const values = this.#resolved(this.#values);
    const isAll = placed.length === 0 && implied.length === 0;
    const assigned = inOrder(isAll ? values : [...values, ...placed, ...this.#resolved(implied)]);
    return {
      command: this.#command,
      assigned,
      given: this.#given,
      rest: this.#rest,
      isMeasuring: this.#command.slots.some((slot) => this.#roles.of(slot).kind === 'measured'),
      until: this.#until,
      environment: this.#environment,
      direction: this.#direction,
    };
  }

  #enter(command: ToolCommand): void {
    this.#command = command;
    const { effects, insertAfterTool, insertHere } = command;
    this.#draft.addEffects(effects);
    this.#draft.insert(0, insertAfterTool);
    this.#draft.insert(this.#at - 1, insertHere);
  }

  #word(word: Word): void {
    const text = textOf(word);
    if ((mayBeOption(word) || mayBeMore(this.#command, word)) && !matchesNoOption(this.#command, word)) {
      if (mayShield(this.#command, this.#argv, this.#at - 1)) {
        this.#draft.insert(this.#at - 2, endOfOptions);
        this.#isEnded = true;
        this.#operand(word);
        return;
      }
      // HOSTILE: behind an option `*` may also become a `!`, which turns the next test around.
      const glob = this.#inExpression ? undefined : withoutDashes(this.#command, word);
      if (glob !== undefined) this.#draft.replace(this.#at - 1, word, glob);
      else if (!isOneOperand(this.#command, word) && !this.#mayStand(word)) return;
    }
    if (this.#command.style === 'expression') {
      this.#expressionWord(word, text);
      return;
    }
    if (text.length < 2 || text[0] !== '-') {
      const bare = this.#command.bare;
      if (bare !== undefined && word.kind === 'known' && this.#bareCluster(bare, word)) return;
      this.#plusOption(word, text);
      return;
    }
    if (text === '--' && word.kind === 'known') {
      this.#isEnded = true;
      return;
    }
    this.#option(word, text);
  }

  /** False when the word has been reported: nobody can say what it would be. */
  #mayStand(word: Word): boolean {
    const { hasRiskyOptions, hasPathOptions } = this.#command;
    if (hasRiskyOptions) {
      const what = isUnseen(word)
        ? 'a word that is put in while it runs may turn out to be an option; end the options with -- before it'
        : `${word.raw} may turn out to be an option; write -- before it, or ./ in front of it`;
      this.#draft.unknown('TOOL_WORD_MAY_BE_OPTION', `${this.#draft.called}: ${what}`, word);
      this.#operand(word);
      return false;
    }
    this.#roles.change(this.#command.possibleSlots);
    if (hasPathOptions) {
      this.#values.push({
        role: fileRole,
        word: dynamicWord({ why: 'argument', prefix: '', raw: word.raw, span: word.span }),
        of: 'an option',
      });
    }
    return true;
  }

  /** `+o`, and `-` alone: options only where the description names them. */
  #plusOption(word: Word, text: string): void {
    const option = text[0] === '+' || text === '-' ? this.#command.options.get(text) : undefined;
    if (option !== undefined && word.kind === 'known') this.#take(option, text, undefined);
    else this.#operand(word);
  }

  #option(word: Word, text: string): void {
    const { options, style, subcommands, dashesAreOperands } = this.#command;
    if (dashesAreOperands || (word.kind === 'known' && subcommands.has(text))) {
      this.#operand(word);
      return;
    }
    const exact = options.get(text);
    if (exact !== undefined && word.kind === 'known') {
      this.#take(exact, text, undefined);
      return;
    }
    const equals = text.indexOf('=');
    if (text[1] === '-' || style === 'single-dash') {
      const name = equals < 0 ? text : text.slice(0, equals);
      if (word.kind === 'dynamic' && equals < 0) {
        this.#draft.dynamicOption(word);
        return;
      }
      const option = optionNamed(this.#command, name);
      if (option === undefined) this.#draft.unknownOption(word, name);
      else this.#take(option, name, equals < 0 ? undefined : tail(word, equals + 1));
      return;
    }
    this.#cluster(word, text);
  }

  #cluster(word: Word, text: string): void {
    const { options, isNumeric } = this.#command;
    if (isNumeric && word.kind === 'known' && /^-\d+$/.test(text)) return;
    for (let i = 1; i < text.length; i++) {
      const name = `-${text[i]}`;
      const option = options.get(name);
      if (option === undefined) {
        if (isNumeric && i === 1 && /^-\d+/.test(text) && word.kind === 'known') {
          i = (/^-\d+/.exec(text)?.[0].length ?? 1) - 1;
          continue;
        }
        this.#draft.unknownOption(word, name);
        return;
      }
      const hasMore = i + 1 < text.length || word.kind === 'dynamic';
      if (option.values.length > 0 && hasMore) {
        if (option.isApart) {
          this.#draft.unknownOption(word, `letters behind ${name}`);
          return;
        }
        this.#take(option, name, tail(word, i + 1));
        return;
      }
      this.#take(option, name, undefined);
    }
    if (word.kind === 'dynamic') this.#draft.dynamicOption(word);
  }

  #take(option: ToolOption, name: string, attached: Word | undefined): void {
    const draft = this.#draft;
    const isLate = this.#command.mayNotPermute && this.#operands.length > 0;
    this.#given.add(option.names, isLate);
    draft.addEffects(option.effects);
    const isIdle = option.idle !== undefined && isOneOf(option.idle, attached ?? this.#argv[this.#at]);
    if (!isIdle && !isLate) this.#roles.change(option.slots);
    if (option.fills !== undefined && !isLate) this.#roles.fill(option.fills);
    if (option.fills !== undefined) noteLateProgram(this.#command, option, this.#operands, draft);
    if (option.direction !== undefined && !isIdle) this.#direction = option.direction;
    this.#added.push(...option.adds);
    if (option.ends) this.#isEnded = true;
    const [first, ...more] = option.values;
    if (first === undefined) {
      if (attached !== undefined && !isSwitch(option, attached, this.#command))
        draft.unknown('TOOL_OPTION_VALUE_UNEXPECTED', `${draft.called} ${name} takes no value`, attached);
      return;
    }
    if (first.kind === 'command-until') {
      this.#commandUntil(name);
      return;
    }
    if (option.isAttached && attached === undefined) {
      // xargs -i replaces {} when nothing else is said.
      if (first.kind === 'replacement') this.#added.push({ text: '{}', role: first });
      return;
    }
    const word = attached ?? this.#argv[this.#at++];
    if (word === undefined) {
      draft.unknown('TOOL_OPTION_VALUE_MISSING', `${draft.called} ${name} needs a value`, this.#argv.at(-1));
      return;
    }
    if (attached !== undefined && takesNext(this.#command, option, name, attached, this.#argv[this.#at]))
      draft.unknown('TOOL_OPTION_DYNAMIC', `${word.raw} may be nothing but ${name}, put a blank behind it`, word);
    const isBehind = attached === undefined && this.#operands.length > 0 && draft.subcommand.length === 0;
    this.#values.push(...readingsOf(this.#command, { role: first, word, of: name }, isBehind, draft));
    this.#stray(word, name);
    for (const role of more) {
      const value = this.#argv[this.#at++];
      if (value === undefined) {
        draft.unknown('TOOL_OPTION_VALUE_MISSING', `${draft.called} ${name} needs another value`, word);
        return;
      }
      this.#values.push({ role, word: value, of: name });
      this.#stray(value, name);
    }
  }

  /** What a value splits into beyond its first word stands where options and operands stand. */
  #stray(word: Word, of: string): void {
    this.#draft.noteValue(word, of, this.#command);
    if (!maySplit(word) && !(word.kind === 'dynamic' && (word.why === 'glob' || word.isSeveral))) return;
    // `-delet?` becomes several names, and the second is no value.
    const isDashed = mayBeOption(word) || textOf(word).startsWith('-');
    if (!matchesNoOption(this.#command, word) && isDashed && !this.#mayStand(word)) return;
    // find takes no starting point behind an expression: it says so and does nothing.
    if (!this.#inExpression) this.#strays.push(word);
  }

  #commandUntil(name: string): void {
    const command = commandAt(this.#argv, this.#at);
    if (command === undefined) {
      const reason = `${this.#draft.called} ${name} needs ; or + at its end`;
      this.#draft.unknown('TOOL_COMMAND_NOT_CLOSED', reason, this.#argv.at(-1));
      this.#at = this.#argv.length;
      return;
    }
    const end = this.#argv[command.next - 1];
    this.#until.push({ of: name, words: command.words, isMany: end !== undefined && textOf(end) === '+' });
    this.#at = command.next;
  }

  #operand(word: Word): void {
    const { subcommands, slots, hasAssignments, permutes } = this.#command;
    if (subcommands.size > 0) {
      this.#subcommand(word);
      return;
    }
    const text = textOf(word);
    const assignment = hasAssignments ? /^([A-Za-z_]\w*)=/.exec(text) : null;
    const slot = this.#roles.unfilled(slots)[this.#operands.length];
    const role = slot === undefined ? undefined : this.#roles.of(slot);
    if (assignment !== null && role?.kind === 'command') {
      this.#environment.push({ name: assignment[1] ?? '', value: tail(word, assignment[0].length) });
      this.#isEnded = true;
      return;
    }
    if (slot !== undefined && role !== undefined && (role.kind === 'command' || slot.role.kind === 'shell')) {
      this.#draft.noteCommand(word);
      this.#rest = { role, words: this.#argv.slice(this.#at - 1), of: slot.name };
      this.#given.add([slot.name]);
      this.#at = this.#argv.length;
      return;
    }
    this.#draft.noteOperand(word, this.#command);
    this.#operands.push(word);
    if (!permutes) this.#isEnded = true;
  }

  #subcommand(word: Word): void {
    const draft = this.#draft;
    const child = word.kind === 'known' ? subcommandNamed(this.#command, word.value, this.#isEnded) : undefined;
    const hasOwnOperands = child === undefined && this.#command.slots.length > 0;
    if (child === undefined && !(hasOwnOperands && isNoSubcommand(this.#command, word)))
      draft.unknown('TOOL_SUBCOMMAND_UNKNOWN', `Sallyport does not know ${draft.spoken()} ${word.raw}`, word);
    if (hasOwnOperands) {
      this.#command = { ...this.#command, subcommands: new Map() };
      this.#operand(word);
      return;
    }
    this.#operands.push(word);
    if (child === undefined || word.kind !== 'known') {
      this.#command = { ...this.#command, subcommands: new Map(), slots: [] };
      this.#at = this.#argv.length;
      return;
    }
    this.#operands.length = 0;
    draft.subcommand.push(word.value);
    this.#isEnded = false;
    this.#enter(child);
  }

  #expressionWord(word: Word, text: string): void {
    const option = word.kind === 'known' ? this.#command.options.get(text) : undefined;
    if (option !== undefined) {
      // `find -L start`: these stand before the starting points, those of BSD as well (GNU knows none, or a test).
      this.#inExpression ||= !/^-(?:[HLP]|O[0-3]|[EXdsx]+)$/.test(text);
      this.#take(option, text, undefined);
      return;
    }
    if (!this.#inExpression && text[0] !== '-' && !/^[(!,)]$/.test(text)) {
      this.#operand(word);
      return;
    }
    this.#inExpression = true;
    // Every find reads all its words first, and of a bare one behind an expression it says what is wrong and stops.
    if (word.kind === 'known' && (text === '-' || !/^[-(]/.test(text))) return;
    this.#draft.unknownOption(word, text);
  }

  /** `tar xzf a.tgz`: a cluster without a dash, whose values follow in order. */
  #readOldCluster(): void {
    const word = this.#argv[this.#at];
    if (word === undefined || word.kind !== 'known' || word.value.startsWith('-') || word.value === '') return;
    this.#at++;
    for (const letter of word.value) {
      const option = this.#command.options.get(`-${letter}`);
      if (option === undefined) {
        this.#draft.unknownOption(word, letter);
        return;
      }
      this.#take(option, `-${letter}`, undefined);
    }
  }

  #bareCluster(bare: ReadonlyMap<string, ToolOption>, word: KnownWord): boolean {
    if (!/^[A-Za-z]+$/.test(word.value)) return false;
    for (let i = 0; i < word.value.length; i++) {
      const option = bare.get(word.value[i] ?? '');
      if (option === undefined) {
        this.#draft.unknownOption(word, word.value[i] ?? '');
        return true;
      }
      if (option.values.length > 0 && i + 1 < word.value.length) {
        this.#take(option, word.value[i] ?? '', tail(word, i + 1));
        return true;
      }
      this.#take(option, word.value[i] ?? '', undefined);
    }
    return true;
  }

  #resolved(values: readonly Assigned[]): readonly Assigned[] {
    return this.#roles.resolved(values, this.#command.slotRoles);
  }

  #slots(): readonly Assigned[] {
    if (this.#operands.length === 0 && this.#strays.length === 0) return nothing;
    const open = this.#roles
      .unfilled(this.#command.slots)
      .filter((slot) => slot.name !== this.#rest?.of && this.#roles.of(slot).kind !== 'none');
    const unexpected = (word: Word) => {
      const reason = `Sallyport does not know what ${word.raw} is to ${this.#draft.spoken()}`;
      this.#draft.unknown('TOOL_OPERAND_UNEXPECTED', reason, word);
    };
    const placed = assignSlots(open, this.#operands, unexpected).map(({ slot, word }) => {
      this.#given.add([slot.name]);
      return this.#place(slot, word);
    });
    for (const word of this.#strays) for (const slot of open) placed.push(this.#place(slot, word));
    return placed;
  }

  #place(slot: Slot, word: Word): Assigned {
    return { role: this.#roles.of(slot), word, of: slot.name };
  }
}
