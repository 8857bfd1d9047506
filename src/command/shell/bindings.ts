/**
 * What names stand for, shared between copies until one of them changes: states are copied at every pipe and branch, and
 * most commands set nothing.
 */
export class Bindings<V> {
  /** Undefined while nothing is bound. */
  #map: Map<string, V> | undefined;
  #isShared = false;

  get(name: string): V | undefined {
    return this.#map?.get(name);
  }

  has(name: string): boolean {
    return this.#map?.has(name) === true;
  }

  get size(): number {
    return this.#map?.size ?? 0;
  }

  set(name: string, value: V): void {
    this.#own().set(name, value);
  }

  delete(name: string): void {
    if (this.has(name)) this.#own().delete(name);
  }

  clear(): void {
    this.#map = undefined;
    this.#isShared = false;
  }

  /** In a list of its own, so that names may be set on the way. */
  entries(): readonly (readonly [name: string, value: V])[] {
    return this.#map === undefined ? [] : [...this.#map];
  }

  names(): readonly string[] {
    return this.#map === undefined ? [] : [...this.#map.keys()];
  }

  /** Both are copies of one state, and neither has changed since. */
  isSameAs(other: Bindings<V>): boolean {
    return this.#map === other.#map;
  }

  copy(): Bindings<V> {
    const copy = new Bindings<V>();
    if (this.#map === undefined) return copy;
    this.#isShared = true;
    copy.#map = this.#map;
    copy.#isShared = true;
    return copy;
  }

  #own(): Map<string, V> {
    if (this.#map === undefined || this.#isShared) {
      this.#map = new Map(this.#map);
      this.#isShared = false;
    }
    return this.#map;
  }
}
