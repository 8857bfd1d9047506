import { describe, expect, it } from 'vitest';
import { Environment } from '../../src/ssh/environment.ts';

describe('Environment', () => {
  it.each([
    ['LANG', 'C.UTF-8', true],
    ['LC_ALL', 'de_DE.UTF-8', true],
    ['TERM', 'xterm-256color', true],
    ['LC_CTYPE', 'UTF-8', true],
    ['LANG', 'de_DE', true],
    ['LANG', 'de_DE.ISO-8859-15@euro', true],
    ['LC_ALL', '', true],
    ['LC_ALL', 'zh_CN.GBK', false],
    ['LANG', 'zh_TW', false],
    ['LC_CTYPE', 'ja_JP.SJIS', false],
    ['LC_ALL', 'japanese.sjis', false],
    ['LC_ALL', 'zh_CN.GB18030', false],
    ['SALLYPORT_OUTPUT', 'json', true],
    ['LANG', '$(id)', false],
    ['LANG', '../../evil', false],
    ['LC_ALL', 'x'.repeat(65), false],
    ['LC_', 'C', false],
    ['LD_PRELOAD', '/tmp/x', false],
    ['PATH', '/tmp', false],
    ['BASH_ENV', 'x', false],
    ['GLIBC_TUNABLES', 'x', false],
    ['LANGUAGE\n', 'x', false],
    ['__proto__', 'x', false],
  ])('%s=%s is taken: %s', (name, value, taken) => {
    const environment = new Environment();
    expect(environment.offer(name, value)).toBe(taken);
    expect(environment.dropped).toEqual(taken ? [] : [name]);
  });

  it('keeps our own variables from the target', () => {
    const environment = new Environment();
    environment.offer('SALLYPORT_OUTPUT', 'json');
    environment.offer('LANG', 'C');
    expect(environment.toTarget).toEqual({ LANG: 'C' });
    expect(environment.wantsJson).toBe(true);
  });

  it('remembers neither endless variables nor endless names', () => {
    const environment = new Environment();
    for (let n = 0; n < 10_000; n += 1) environment.offer(`EVIL_${'x'.repeat(1_000)}${n}`, 'y');
    expect(environment.dropped.join('').length).toBeLessThanOrEqual(32 * 64);
    expect(environment.offer('LANG', 'C')).toBe(false);
  });
});
