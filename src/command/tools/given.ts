/**
 * Names of the options and slots that were given. A command has few of them and is asked for few, so looking through them
 * costs less than a set of all their names.
 */
export class Given {
  readonly #names: (readonly string[])[] = [];
  #late: (readonly string[])[] | undefined = undefined;

  /** All names of one option or slot. `isLate`: behind an operand, where some of these tools look for no option. */
  add(names: readonly string[], isLate = false): void {
    this.#names.push(names);
    if (!isLate) return;
    this.#late ??= [];
    this.#late.push(names);
  }

  /** Given where every one of these tools takes it for what it is. */
  hasSurely(name: string): boolean {
    return this.#names.some((names) => names.includes(name) && this.#late?.includes(names) !== true);
  }

  has(name: string): boolean {
    for (const names of this.#names) if (names.includes(name)) return true;
    return false;
  }

  some(is: (name: string) => boolean): boolean {
    return this.#names.some((names) => names.some(is));
  }
}
