/**
 * Builtins that set variables: `export`, `declare`, `read`, `mapfile`, `unset`, `let`.
 *
 * Refuses: options that change how a variable is evaluated later (`declare -i`, `-n`), names with subscripts, which the
 * shell evaluates, and names that programs act on.
 */
import type { Assignment, Unknown, Word } from '../model.ts';
import { mayBeMany, mayVanish } from '../tools/word.ts';
import { readLet } from './arithmetic.ts';
import { type Builtin, done, environmentUnknown, known, nameOf, refused, unknown } from './builtin.ts';
import { isGuardedEnvironment, isGuardedVariable, mayNotBeUnset, variableName } from './environment.ts';
import { mayBeError } from './line-error.ts';
import { type Call, isLast } from './scene.ts';
import { copyState, joinInto } from './shell-state.ts';
import { evaluateIn, mayHaveLists } from './words.ts';

/** `declare -p NAME`, `declare -F`: nothing is set. */
const prints = ({ words }: Call): boolean => {
  const values = known(words.slice(1));
  const [option = '', ...names] = values ?? [];
  return /^-[pfF]$/.test(option) && names.every((each) => /^[A-Za-z_][\w-]*$/.test(each));
};

/**
 * HOSTILE: `declare -a 'x=($(cmd))'` reads its value as words of the shell, quoted or not, and so does `declare` of what
 * is a list already.
 */
function mayBeRead(word: Word, isList: boolean): boolean {
  // A list that is written as one is read once, where it stands.
  if (word.kind === 'dynamic' && /^\w+\+?=\(/.test(word.raw)) return false;
  const text = word.kind === 'known' ? word.value : word.prefix;
  const value = text.slice(text.indexOf('=') + 1);
  return value.startsWith('(') || (isList && word.kind === 'dynamic' && value === '');
}

/** `export`, `local`, `declare`, `typeset`: names and values; options that change evaluation are refused. */
export const declare: Builtin = (call, host) => {
  const name = nameOf(call);
  const { state } = call;
  const unknowns: Unknown[] = [];
  if (/^(?:declare|typeset)$/.test(name) && call.scene.dialect !== 'bash') {
    return refused(call, 'only bash has it');
  }
  if (name !== 'export' && prints(call)) {
    return done(call, { effects: [{ kind: 'read', why: `${name} prints what the shell remembers` }] });
  }
  const options = name === 'export' ? /^-p?$/ : /^-[xgpaA]+$/;
  const exported: Assignment[] = [];
  let isExported = name === 'export';
  // `-g` reaches past the variable of a function, and with `-p` nothing is set.
  const isOther = call.words.some((word) => word.kind === 'known' && /^-[A-Za-z]*[gp]/.test(word.value));
  for (const word of call.words.slice(1)) {
    const text = word.kind === 'known' ? word.value : word.prefix;
    const equals = text.indexOf('=');
    const variable = equals === -1 ? text : text.slice(0, equals);
    if (equals === -1 && word.kind === 'known' && text.startsWith('-')) {
      if (!options.test(text))
        unknowns.push(unknown('SHELL_BUILTIN', `${name} ${text}: this option is not understood.`, call));
      if (/[x]/.test(text)) isExported = true;
      continue;
    }
    if (!variableName.test(variable) || (equals === -1 && word.kind !== 'known')) {
      unknowns.push(unknown('SHELL_ASSIGNMENT', `${name}: ${word.raw} is not a plain name.`, call));
      state.variables.clear();
      continue;
    }
    if (equals !== -1 && name !== 'export' && mayBeRead(word, mayHaveLists(host, call.scene))) {
      unknowns.push(
        unknown('SHELL_EVALUATES', `${name} may read the value of ${variable} as words of the shell.`, call),
      );
    }
    const value = word.kind === 'known' && equals !== -1 ? text.slice(equals + 1) : undefined;
    if (isExported ? isGuardedEnvironment(variable, value) : isGuardedVariable(variable, value)) {
      unknowns.push(environmentUnknown(variable, call));
    }
    if (isExported) exported.push({ name: variable, value: word, isExported });
    // Outside a function `local` fails and sets nothing.
    const isSet = name !== 'local' || call.scene.calls.length > 0;
    if (value !== undefined && isSet && !isOther) state.variables.set(variable, { kind: 'known', value });
    else if (word.kind === 'dynamic' && word.isSingle === true && isSet && !isOther) {
      const glob = word.raw.slice(equals + 1);
      state.variables.set(variable, { kind: 'prefix', prefix: text.slice(equals + 1), glob });
    } else if (equals !== -1 || name === 'local') state.variables.delete(variable);
  }
  return done(call, { unknowns }, exported);
};

export const setNames =
  (
    options: RegExp,
    valued: RegExp,
    stdin: 'data' | 'unused',
    isGuarded: (name: string) => boolean = isGuardedVariable,
  ): Builtin =>
  (call) => {
    const unknowns: Unknown[] = [];
    const words = call.words.slice(1);
    let skip = false;
    for (const word of words) {
      if (skip) {
        skip = false;
        // HOSTILE: of `read -p $x y` an x of two words makes the second a name, and the value of another option an option.
        if (mayBeMany(word) || mayVanish(word))
          unknowns.push(
            unknown('SHELL_BUILTIN', `${nameOf(call)}: ${word.raw} may be no word or several; quote it`, call),
          );
        continue;
      }
      if (word.kind === 'known' && word.value.startsWith('-')) {
        if (!options.test(word.value))
          unknowns.push(
            unknown('SHELL_BUILTIN', `${nameOf(call)} ${word.value}: this option is not understood.`, call),
          );
        if (valued.test(word.value)) skip = true;
      } else if (word.kind === 'known' && word.value === '_' && nameOf(call) === 'read') {
        // The shell itself writes over it before anything is run.
      } else if (word.kind !== 'known' || !variableName.test(word.value) || isGuarded(word.value)) {
        unknowns.push(unknown('SHELL_ASSIGNMENT', `${nameOf(call)}: ${word.raw} is not a harmless name.`, call));
        call.state.variables.clear();
      } else {
        call.state.variables.delete(word.value);
      }
    }
    call.state.variables.delete('REPLY');
    return done(call, { unknowns, stdin });
  };

export const unset: Builtin = (call, host) => {
  // Without a variable of that name bash removes the function.
  for (const word of call.words) {
    if (word.kind === 'known' && call.state.functions.has(word.value))
      call.state.functions.set(word.value, 'uncertain');
  }
  // What is set for nobody behind it matters to nobody.
  const isGuarded = isLast(host, call) ? () => false : mayNotBeUnset;
  return setNames(/^-[vf]$/, /^$/, 'unused', isGuarded)(call, host);
};

/** Each word is an expression of numbers, and what it sets is one. */
export const letNumbers: Builtin = (call, host) => {
  const read = call.words.slice(1).map(({ raw }) => readLet(raw));
  if (call.scene.dialect !== 'bash' || read.length === 0 || read.includes(undefined)) {
    return refused(call, 'evaluates its words');
  }
  // HOSTILE: of `let 1/0 x=5` the second is not evaluated.
  let tried = call.state;
  for (const expression of read) {
    if (expression === undefined) continue;
    evaluateIn(host, expression, call.scene, tried, call.span);
    if (tried === call.state && mayBeError(expression)) tried = copyState(call.state);
  }
  if (tried !== call.state) joinInto(call.state, tried);
  return done(call);
};
