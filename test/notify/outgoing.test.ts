import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { addressKind } from '../../src/notify/addresses.ts';
import { type OutgoingParts, post } from '../../src/notify/outgoing.ts';
import { receiver } from '../support/receiver.ts';

const basics = { headers: { 'Content-Type': 'text/plain' }, body: 'hello', allowPrivate: false };
const failure = (url: string, change: Partial<typeof basics> = {}, parts?: OutgoingParts): Promise<unknown> =>
  post({ url, ...basics, ...change }, parts).then(
    () => 'sent',
    (error: unknown) => error,
  );
const answering = (...addresses: string[]): OutgoingParts => ({
  resolve: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
});
const privateAddress = { code: 'DELIVERY_REJECTED', message: expect.stringContaining('is private') };
const metadataAddress = { code: 'DELIVERY_REJECTED', message: expect.stringContaining('metadata') };

describe('an outgoing request', () => {
  it('arrives where private addresses are allowed', async () => {
    const { url, received } = await receiver();
    await post({ url: `${url}/in?x=1`, ...basics, allowPrivate: true });
    expect(received).toMatchObject([{ method: 'POST', path: '/in?x=1', body: 'hello' }]);
    expect(received[0]?.headers['content-type']).toBe('text/plain');
  });

  it.each([
    { name: 'dotted', host: '127.0.0.1' },
    { name: 'another loopback', host: '127.8.9.1' },
    { name: 'decimal', host: '2130706433' },
    { name: 'hexadecimal', host: '0x7f000001' },
    { name: 'hexadecimal in parts', host: '0x7f.0.0x0.1' },
    { name: 'octal', host: '0177.0.0.01' },
    { name: 'short', host: '127.1' },
    { name: 'in full-width digits', host: '１２７.０.０.１' },
    { name: 'of no machine', host: '0.0.0.0' },
    { name: 'IPv6 loopback', host: '[::1]' },
    { name: 'IPv6 of no machine', host: '[::]' },
    { name: 'IPv4 mapped into IPv6', host: '[::ffff:127.0.0.1]' },
    { name: 'mapped, in hexadecimal', host: '[0:0:0:0:0:ffff:7f00:1]' },
    { name: 'IPv4-compatible IPv6', host: '[::7f00:1]' },
    { name: 'through NAT64', host: '[64:ff9b::10.0.0.1]' },
    { name: 'through 6to4', host: '[2002:7f00:1::1]' },
    { name: 'through Teredo', host: '[2001:0:7f00:1::1]' },
    { name: 'unique local', host: '[fd12::1]' },
    { name: 'ten', host: '10.1.2.3' },
    { name: '172.16', host: '172.31.255.255' },
    { name: '192.168', host: '192.168.0.1' },
    { name: 'carrier-grade NAT', host: '100.64.0.1' },
    { name: 'multicast', host: '224.0.0.1' },
    { name: 'broadcast', host: '255.255.255.255' },
  ])('is refused to a private address: $name', async ({ host }) => {
    expect(await failure(`https://${host}/`)).toMatchObject(privateAddress);
  });

  it.each([
    { name: 'AWS, Azure, Google', host: '169.254.169.254' },
    { name: 'the same in decimal', host: '2852039166' },
    { name: 'the same mapped into IPv6', host: '[::ffff:a9fe:a9fe]' },
    { name: 'AWS over IPv6', host: '[fd00:ec2::254]' },
    { name: 'Alibaba', host: '100.100.100.200' },
    { name: 'Oracle', host: '192.0.0.192' },
    { name: 'the wire server of Azure', host: '168.63.129.16' },
    { name: 'link-local', host: '[fe80::1]' },
  ])('is refused to metadata even where private addresses are allowed: $name', async ({ host }) => {
    expect(await failure(`http://${host}/`, { allowPrivate: true })).toMatchObject(metadataAddress);
    expect(await failure(`https://${host}/`)).toMatchObject(metadataAddress);
  });

  it.each([
    { name: 'loopback', addresses: ['127.0.0.1'], want: privateAddress },
    { name: 'IPv6 loopback', addresses: ['::1'], want: privateAddress },
    { name: 'metadata', addresses: ['169.254.169.254'], want: metadataAddress },
    { name: 'one private among public ones', addresses: ['93.184.215.14', '10.0.0.1'], want: privateAddress },
    { name: 'what is no address', addresses: ['fe80::1%eth0'], want: metadataAddress },
    { name: 'nothing', addresses: [], want: { code: 'DELIVERY_FAILED' } },
  ])('is refused to a name that resolves to $name', async ({ addresses, want }) => {
    expect(await failure('https://hooks.example.com/', {}, answering(...addresses))).toMatchObject(want);
  });

  it('is refused to localhost by name, asked of the real resolver', async () => {
    expect(await failure('https://localhost/')).toMatchObject(privateAddress);
  });

  it('connects to the address that was judged, and resolves only once', async () => {
    const { port, received } = await receiver();
    let asked = 0;
    const resolve = async () => {
      asked++;
      return [{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
    };
    expect(await failure(`http://hooks.example.com:${port}/`, { allowPrivate: true }, { resolve })).toBe('sent');
    expect(asked).toBe(1);
    expect(received[0]?.headers.host).toBe(`hooks.example.com:${port}`);
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%i)', async (status) => {
    const inner = await receiver();
    const { url } = await receiver((_request, response) =>
      response.writeHead(status, { Location: `${inner.url}/latest/meta-data` }).end(),
    );
    expect(await failure(url, { allowPrivate: true })).toMatchObject({ code: 'DELIVERY_REJECTED' });
    expect(inner.received).toEqual([]);
  });

  it.each([
    { url: 'http://93.184.215.14/', why: 'not https' },
    { url: 'ftp://93.184.215.14/', why: 'not an http address' },
    { url: 'file:///etc/passwd', why: 'not an http address' },
    { url: 'https://', why: 'not an http address' },
    { url: 'https://name:CANARY-PASSWORD@hooks.example.com/', why: 'has an account' },
  ])('is refused to $url', async ({ url, why }) => {
    const error = await failure(url, {}, answering('93.184.215.14'));
    expect(error).toMatchObject({ code: 'DELIVERY_REJECTED', message: expect.stringContaining(why) });
    expect(String(error)).not.toContain('CANARY');
  });

  it.each([
    { status: 204, want: 'sent' },
    { status: 429, want: { code: 'DELIVERY_FAILED' } },
    { status: 503, want: { code: 'DELIVERY_FAILED' } },
    { status: 400, want: { code: 'DELIVERY_REJECTED' } },
    { status: 404, want: { code: 'DELIVERY_REJECTED' } },
  ])('takes $status for what it is, without the words of the other side', async ({ status, want }) => {
    const { url } = await receiver((_request, response) => response.writeHead(status).end('CANARY-ANSWER'));
    const got = await failure(`${url}/CANARY-SECRET`, { allowPrivate: true });
    if (typeof want === 'string') expect(got).toBe(want);
    else expect(got).toMatchObject({ ...want, message: expect.stringContaining(String(status)) });
    expect(String(got)).not.toContain('CANARY');
  });

  it('reads no endless answer', async () => {
    const { url } = await receiver((_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16 * 1024)));
      };
      response.on('drain', more);
      response.on('error', () => undefined);
      more();
    });
    expect(await failure(url, { allowPrivate: true })).toBe('sent');
  });

  it('gives up on who says nothing, and on a resolver that does not answer', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const timeout = { code: 'DELIVERY_FAILED', message: 'timeout' };
    const silent = failure(`http://127.0.0.1:${port}/`, { allowPrivate: true }, { deadlineMs: 50 });
    expect(await silent).toMatchObject(timeout);
    const unresolved = { resolve: () => new Promise<never>(() => undefined), deadlineMs: 50 };
    expect(await failure('https://hooks.example.com/', {}, unresolved)).toMatchObject(timeout);
  });

  it('says that nobody listens, without the address', async () => {
    const error = await failure('http://127.0.0.1:1/CANARY', { allowPrivate: true });
    expect(error).toMatchObject({ code: 'DELIVERY_FAILED', message: 'no connection (ECONNREFUSED)' });
  });
});

describe('addresses', () => {
  it.each(['8.8.8.8', '93.184.215.14', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
    'are public: %s',
    (address) => {
      expect(addressKind(address)).toBe('public');
    },
  );
});
