import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { makeAuthority, makeCertificate } from '@tollgate/testing';
import { afterAll, expect, test } from 'vitest';
import { DISTRIBUTED, lastLine, newFolder, processesIn, removeFolders, run, untilNothingRuns } from './start-up/run-product.ts';

afterAll(removeFolders);

const READY = /^ready url=(\S+) token=(\S+) admin=(\S+)$/m;
const authority = makeAuthority();

/** Certificate and key in a folder, and the variables that name them. */
function certified(folder: string): { TLS_CERT_FILE: string; TLS_KEY_FILE: string } {
  const { certificate, key } = makeCertificate({ hosts: ['127.0.0.1'], authority });
  const files = { TLS_CERT_FILE: join(folder, 'cert.pem'), TLS_KEY_FILE: join(folder, 'key.pem') };
  writeFileSync(files.TLS_CERT_FILE, certificate);
  writeFileSync(files.TLS_KEY_FILE, key, { mode: 0o600 });
  return files;
}

interface Answer {
  readonly status: number;
  readonly hsts: string | undefined;
  readonly body: string;
}

function call(url: string, token: string, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const method = body === undefined ? 'GET' : 'POST';
    const asked = request(url, { method, headers, ca: authority.certificate, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, hsts: response.headers['strict-transport-security'], body: text }),
      );
    });
    asked.once('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test.each([
  ['npm start', undefined],
  ['start:distributed', DISTRIBUTED],
])('%s speaks HTTPS: a call, a new token, and a clean stop', async (_, script) => {
  const cwd = newFolder();
  const start = run({ ...(script !== undefined && { script }), cwd, env: certified(cwd) });
  await start.says(READY);
  const [, url = '', token = '', admin = ''] = READY.exec(start.stdout()) ?? [];
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  const chat = { model: 'demo/echo', messages: [{ role: 'user', content: 'over TLS' }] };
  const answer = await call(`${url}/v1/chat/completions`, token, chat);
  expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('over TLS')]);
  const made = await call(`${url}/api/v1/tokens`, admin, { name: 'laptop', scopes: ['llm:chat'] });
  expect([made.status, made.hsts]).toEqual([201, 'max-age=31536000']);
  await expect(fetch(url.replace('https', 'http'))).rejects.toThrow();
  start.child.kill('SIGTERM');
  expect((await start.ended).code).toBe(0);
  await untilNothingRuns(cwd);
  expect(start.stderr()).not.toContain(readFileSync(join(cwd, 'key.pem'), 'utf8').split('\n')[1]);
});

test.each([
  ['npm start', undefined],
  ['start:distributed', DISTRIBUTED],
])('%s with a key of another certificate ends with one line, before anything is made', async (_, script) => {
  const cwd = newFolder();
  const env = certified(cwd);
  writeFileSync(env.TLS_KEY_FILE, makeCertificate({ hosts: ['127.0.0.1'] }).key);
  const start = run({ ...(script !== undefined && { script }), cwd, env });
  expect((await start.ended).code).toBe(2);
  expect(lastLine(start)).toBe(
    `tollgate: TLS_KEY_FILE ${env.TLS_KEY_FILE} is not the key of the certificate in TLS_CERT_FILE ${env.TLS_CERT_FILE}`,
  );
  expect(processesIn(cwd)).toEqual([]);
});
