/**
 * Names of the options and slots that were given. A command has few of them and is asked for few, so looking through them
 * costs less than a set of all their names.
 */
export class Given {
  readonly #names: (readonly string[])[] = [];

  /** All names of one option or slot. */
  add(names: readonly string[]): void {
    this.#names.push(names);
  }

  has(name: string): boolean {
    for (const names of this.#names) if (names.includes(name)) return true;
    return false;
  }

  some(is: (name: string) => boolean): boolean {
    return this.#names.some((names) => names.some(is));
  }
}
