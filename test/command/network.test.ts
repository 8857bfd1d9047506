import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyHost, readUrl } from '../../src/command/network.ts';

describe('classifyHost', () => {
  it.each([
    ['example.org', 'public'],
    ['8.8.8.8', 'public'],
    ['1.1', 'public'],
    ['api.metadata.example.org', 'public'],
    ['2001:4860:4860::8888', 'public'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['db', 'private'],
    ['db.prod.svc', 'private'],
    ['printer.local', 'private'],
    ['fd12:3456::1', 'private'],
    ['localhost', 'loopback'],
    ['LOCALHOST.', 'loopback'],
    ['a.localhost', 'loopback'],
    ['127.0.0.1', 'loopback'],
    ['127.1', 'loopback'],
    ['2130706433', 'loopback'],
    ['0x7f000001', 'loopback'],
    ['0x7f.1', 'loopback'],
    ['0177.0.0.1', 'loopback'],
    ['017700000001', 'loopback'],
    ['0', 'loopback'],
    ['0.0.0.0', 'loopback'],
    ['::1', 'loopback'],
    ['::', 'loopback'],
    ['[::1]', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['2002:7f00:1::', 'loopback'],
    ['127.0.0.1.nip.io', 'unknown'],
    ['app-127-0-0-1.sslip.io', 'unknown'],
    ['7f000001.nip.io', 'unknown'],
    ['localtest.me', 'unknown'],
    ['x.lvh.me', 'unknown'],
    ['10.0.0.1.nip.io', 'unknown'],
    ['nip.io', 'unknown'],
    ['make-127.0.0.1-rebind-198.51.100.1-rr.1u.ms', 'unknown'],
    ['0-0-0-0-0-0-0-1.sslip.io', 'unknown'],
    ['--1.sslip.io', 'unknown'],
    ['8.8.8.8.nip.io', 'public'],
    ['010.0.0.1', 'private'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['169.254.169.254', 'metadata'],
    ['2852039166', 'metadata'],
    ['0xa9fea9fe', 'metadata'],
    ['0251.0376.0251.0376', 'metadata'],
    ['169.254.43518', 'metadata'],
    ['169.16689662', 'metadata'],
    ['::ffff:a9fe:a9fe', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['169.254.169.254.nip.io', 'metadata'],
    ['a9fea9fe.nip.io', 'metadata'],
    ['metadata.google.internal', 'metadata'],
    ['Metadata.Google.Internal.', 'metadata'],
    ['metadata', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['\uff11\uff12\uff17.1', 'loopback'],
    ['127\u30020\u30020\u30021', 'loopback'],
    ['\u2460\u2461\u2466.0.0.1', 'loopback'],
    ['b\u00fccher.example', 'public'],
    ['256.1.1.1', 'unknown'],
    ['1.2.3.4.5', 'unknown'],
    ['99999999999', 'unknown'],
    ['224.0.0.1', 'unknown'],
    ['a b', 'unknown'],
    ['', 'unknown'],
    ['12345::', 'unknown'],
    ['loc\u00adalhost', 'loopback'],
    ['\uff0f.example', 'unknown'],
    ['fa\u00df.example', 'unknown'],
  ])('%s is %s', (text, want) => {
    expect(classifyHost(text).scope).toBe(want);
  });

  it.each([
    ['Example.org:8080', { host: 'example.org', port: 8080 }],
    ['[::1]:22', { host: '::1', port: 22 }],
    ['git@github.com:22', { host: 'github.com', port: 22 }],
    ['good@evil.example', { host: 'evil.example', port: undefined }],
    ['\uff25vil\u3002example', { host: 'evil.example', port: undefined }],
    ['b\u00fccher.example', { host: 'xn--bcher-kva.example', port: undefined }],
    ['fa\u00df.example', { host: '', port: undefined }],
    ['api.example:443:evil.example', { host: '', port: undefined }],
    ['::evil.example:443', { host: '', port: undefined }],
    ['http://evil.example:3128', { host: '', port: undefined }],
  ])('%s: host and port', (text, want) => {
    expect(classifyHost(text)).toMatchObject(want);
  });
});

describe('readUrl', () => {
  it.each([
    ['https://example.org/x?y#z', 'https', 'example.org', 'public', '/x?y#z'],
    ['http://good.example@169.254.169.254/latest', 'http', '169.254.169.254', 'metadata', '/latest'],
    ['http://user:pw@[::1]:8080/', 'http', '::1', 'loopback', '/'],
    ['HTTP://0x7f.1:80', 'http', '0x7f.1', 'loopback', ''],
    ['example.org/path', '', 'example.org', 'public', '/path'],
    ['localhost:3000/health', '', 'localhost', 'loopback', '/health'],
    ['http://a@b@c/', 'http', 'c', 'unknown', '/'],
    ['http://evil.example\\@good.example/', 'http', 'good.example', 'unknown', '/'],
    ['http://127.0.0.1%2f@x/', 'http', 'x', 'unknown', '/'],
    ['http:///etc/x', 'http', '', 'unknown', '/etc/x'],
    ['http:127.0.0.1/', '', 'http', 'unknown', '/'],
    ['http://{10.0.0.1,x}/', 'http', '{10.0.0.1,x}', 'unknown', '/'],
    ['file:///etc/passwd', 'file', '', 'unknown', '/etc/passwd'],
  ])('%s', (text, scheme, host, scope, rest) => {
    expect(readUrl(text)).toMatchObject({ scheme, host, scope, rest });
  });

  it('never throws, and reads every spelling of one address alike', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readUrl(text)));
    const scopes = new Set(['private', 'loopback', 'metadata']);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (n) => {
        const octets = [24, 16, 8, 0].map((shift) => Math.floor(n / 2 ** shift) % 256);
        const want = classifyHost(octets.join('.')).scope;
        const spellings = [
          String(n),
          `0x${n.toString(16)}`,
          `::ffff:${octets.join('.')}`,
          `${octets.map((o) => `0x${o.toString(16)}`).join('.')}`,
          `[::ffff:${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}]`,
        ];
        for (const spelling of spellings) expect(classifyHost(spelling).scope).toBe(want);
        if (scopes.has(want)) expect(classifyHost(`0${n.toString(8)}`).scope).not.toBe('public');
      }),
    );
  });
});
