import { describe, expect, it } from 'vitest';
import { Bindings } from '../../src/command/shell/bindings.ts';

describe('a copy of what names stand for', () => {
  const make = () => {
    const one = new Bindings<number>();
    one.set('a', 1);
    return [one, one.copy()] as const;
  };

  it.each([
    ['set', (bindings: Bindings<number>) => bindings.set('b', 2)],
    ['delete', (bindings: Bindings<number>) => bindings.delete('a')],
    ['clear', (bindings: Bindings<number>) => bindings.clear()],
  ])('keeps what it has when the other one changes (%s)', (_, change) => {
    for (const changed of [0, 1] as const) {
      const pair = make();
      expect(pair[0].isSameAs(pair[1])).toBe(true);
      change(pair[changed]);
      expect(pair[1 - changed]?.entries()).toEqual([['a', 1]]);
      expect(pair[0].isSameAs(pair[1])).toBe(false);
    }
  });
});
