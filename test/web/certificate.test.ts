import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config-file.ts';
import { Certificate, certificateEndsAtMs, readKeyPair } from '../../src/web/certificate.ts';
import { startWeb } from '../../src/web/server.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { poll } from '../support/program.ts';
import { testWeb } from '../support/web.ts';

/** A certificate of its own for 127.0.0.1, as openssl makes it. */
function issue(directory: string, name: string, to = name): { certFile: string; keyFile: string } {
  const [certFile, keyFile] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
  const subject = ['-subj', `/CN=${to}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...key, '-keyout', keyFile, '-out', certFile, '-days', '2', ...subject], {
    stdio: 'ignore',
  });
  return { certFile, keyFile };
}

async function served(files: { certFile: string; keyFile: string }) {
  const problems: unknown[] = [];
  const certificate = new Certificate(files, (error) => problems.push(error));
  let url = '';
  const web = await startWeb(testWeb({ publicUrl: () => url }).app, { host: '127.0.0.1', port: 0 }, certificate);
  url = web.url;
  onTestFinished(() => web.close());
  return { web, problems, certificate };
}

/** The name in the certificate that is shown now. */
const shownBy = (port: number) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });

describe('the web with a certificate of its own', () => {
  it('answers over TLS and asks browsers to stay there', async () => {
    const files = issue(temporaryDirectory(), 'first');
    const { web } = await served(files);
    expect(web.url).toMatch(/^https:/);
    const headers = await new Promise<Record<string, unknown>>((resolve, reject) => {
      get(`${web.url}/sign-in`, { ca: readKeyPair(files).cert }, (response) => {
        response.resume();
        resolve(response.headers);
      }).on('error', reject);
    });
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
  });

  it('says nothing over plain http', async () => {
    const { web } = await served(issue(temporaryDirectory(), 'first'));
    const text = await new Promise<string>((resolve) => {
      let got = '';
      const socket = connectPlain(web.port, '127.0.0.1', () =>
        socket.write('GET /sign-in HTTP/1.1\r\nHost: x\r\n\r\n'),
      );
      socket.on('data', (chunk) => {
        got += String(chunk);
      });
      socket.on('close', () => resolve(got));
      socket.on('error', () => resolve(got));
    });
    expect(text).not.toContain('Sign in');
  });

  it('takes a renewed one without a restart, and keeps the old one when the new pair does not fit', async () => {
    const directory = temporaryDirectory();
    const files = issue(directory, 'live', 'first');
    const { web, problems, certificate } = await served(files);
    expect(await shownBy(web.port)).toBe('first');
    const second = issue(temporaryDirectory(), 'second');
    for (const [from, to] of [
      [second.keyFile, files.keyFile],
      [second.certFile, files.certFile],
    ] as const)
      renameSync(from, to);
    await poll(async () => ((await shownBy(web.port)) === 'second' ? true : undefined));
    writeFileSync(files.keyFile, 'CANARY is not a key');
    await poll(() => (problems.length > 0 ? true : undefined));
    expect(problems[0]).toMatchObject({ code: 'WEB_CERTIFICATE_UNUSABLE' });
    expect(String(problems[0])).not.toContain('CANARY');
    expect(await shownBy(web.port)).toBe('second');
    const third = issue(directory, 'live', 'third');
    expect(third).toEqual(files);
    certificate.reload();
    expect(await shownBy(web.port)).toBe('third');
  });

  it('knows when it ends', () => {
    const leftMs = certificateEndsAtMs(readKeyPair(issue(temporaryDirectory(), 'first'))) - Date.now();
    expect(leftMs / 86_400_000).toBeCloseTo(2, 1);
  });
});

describe('its configuration', () => {
  const problemsOf = (directory: string) => {
    const file = join(directory, 'sallyport.yaml');
    writeFileSync(file, 'version: 1\nweb: { tls: { cert_file: live.pem, key_file: live.key } }\n');
    try {
      loadConfig(file, {});
      return '';
    } catch (error) {
      return String(error);
    }
  };

  it('is a fitting pair, whose key nobody else can read', () => {
    const directory = temporaryDirectory();
    expect(problemsOf(directory)).toContain('web.tls.key_file');
    const { keyFile } = issue(directory, 'live');
    expect(problemsOf(directory)).toBe('');
    execFileSync('chmod', ['644', keyFile]);
    expect(problemsOf(directory)).toContain('can be read by others');
    const other = issue(temporaryDirectory(), 'other');
    renameSync(other.keyFile, keyFile);
    expect(problemsOf(directory)).toContain('do not fit together');
  });
});
