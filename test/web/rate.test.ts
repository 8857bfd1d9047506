import { describe, expect, it } from 'vitest';
import { networkOf, RateLimit } from '../../src/web/rate.ts';

describe('a rate limit', () => {
  it('lets a burst through, then one for each share of a minute', () => {
    let nowMs = 0;
    const limit = new RateLimit({ burst: 3, perMinute: 6 }, () => nowMs);
    expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([0, 0, 0, 10]);
    expect(limit.take('b')).toBe(0);
    nowMs += 10_000;
    expect([1, 2].map(() => limit.take('a'))).toEqual([0, 10]);
  });

  it('is not refilled by a clock that goes back', () => {
    let nowMs = 60_000;
    const limit = new RateLimit({ burst: 1, perMinute: 60 }, () => nowMs);
    limit.take('a');
    nowMs = 0;
    expect(limit.take('a')).toBe(1);
  });

  it('forgets the idlest when a flood fills its table', () => {
    const limit = new RateLimit({ burst: 1, perMinute: 1 }, () => 0);
    limit.take('idle');
    for (let n = 0; n < 20_000; n++) limit.take(`flood-${n}`);
    expect(limit.take('flood-19999')).toBe(60);
    expect(limit.take('idle')).toBe(0);
  });
});

describe('the network of an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['maya', 'maya'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
