import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runCli } from '../run-cli.js';
import { makeExport, testKey } from '../testing/make-export.js';

const folder = mkdtempSync(join(tmpdir(), 'tollgate-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function keep(content: string | Buffer): string {
  files += 1;
  const path = join(folder, String(files));
  writeFileSync(path, content);
  return path;
}

async function run(args: readonly string[], options: { stdin?: Buffer; terminal?: boolean; noColor?: boolean } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(args, {
    stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
    variables: options.noColor ? { NO_COLOR: '1' } : {},
    outIsTerminal: options.terminal ?? false,
    errIsTerminal: false,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out: out.join(''), err: err.join('') };
}
const verify = (...args: string[]) => run(['audit', 'verify', ...args]);

const good = makeExport(5);
const { publicKey } = testKey();

test('0: an export that nobody touched, as a file, packed, and from standard input', async () => {
  for (const path of [keep(good), keep(gzipSync(good))]) {
    const { code, out } = await verify(path, '-o', 'json', '--public-key', keep(publicKey));
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ valid: true, tenant: 'org_1', events: 5, last_seq: 5, checkpoints: 1, pinned: true });
  }
  for (const stdin of [Buffer.from(good), gzipSync(good)]) {
    expect((await run(['audit', 'verify', '-'], { stdin })).code).toBe(0);
  }
});

test('1: an edit is named with its line and its event, on stdout as data and on stderr as a message', async () => {
  const path = keep(good.replace('"seq":3', '"seq":4'));
  const { code, out, err } = await verify(path, '-o', 'yaml');
  expect(code).toBe(1);
  expect(parse(out)).toMatchObject({ valid: false, line: 4, seq: 3, flaw: 'edited' });
  expect(err).toContain('line 4');
});

test.each([
  ['nothing', ''],
  ['no export', '{"a":1}\n'],
  ['no text', Buffer.from([0x7b, 0xff, 0xfe, 0x0a])],
  ['a cut last line', makeExport(3).slice(0, -1)],
  ['a line that is cut in the middle', makeExport(3).slice(0, -40)],
  ['a missing tail', `${good.split('\n').slice(0, 4).join('\n')}\n`],
  ['other ends of lines', good.replaceAll('\n', '\r\n')],
  ['a byte order mark', `\ufeff${good}`],
])('1: %s is no export', async (_, content) => {
  expect((await verify(keep(content))).code).toBe(1);
});

test('1: a forgery as a whole is found where the key is pinned', async () => {
  const forged = keep(makeExport(5, testKey('cd')));
  expect((await verify(forged)).err).toContain('--public-key pins them');
  expect((await verify(forged, '--public-key', keep(publicKey))).code).toBe(1);
});

test('keys are read as PEM, as base64url, and as the answer of the API', async () => {
  const path = keep(good);
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: publicKey } });
  const pem = key.export({ format: 'pem', type: 'spki' }).toString();
  const other = testKey('cd').publicKey;
  for (const text of [pem, `${other}\n${publicKey}\n`, JSON.stringify({ data: [{ public_key: publicKey }] })]) {
    expect((await verify(path, '--public-key', keep(text))).code).toBe(0);
  }
  for (const text of ['', 'nonsense', '{}', '{"data":[{}]}', '{']) {
    expect((await verify(path, '--public-key', keep(text))).code, text).toBe(2);
  }
});

test('a checkpoint that was kept elsewhere must be on the way', async () => {
  const path = keep(good);
  const { checkpoint } = JSON.parse(good.trimEnd().split('\n').at(-1) ?? '') as { checkpoint: object };
  expect((await verify(path, '--checkpoint', keep(JSON.stringify(checkpoint)))).code).toBe(0);
  expect((await verify(keep(makeExport(4)), '--checkpoint', keep(JSON.stringify({ data: [checkpoint] })))).code).toBe(1);
  expect((await verify(path, '--checkpoint', keep('{}'))).code).toBe(2);
});

test('2: wrong usage', async () => {
  for (const args of [[], ['audit'], ['audit', 'verify'], ['audit', 'verify', 'a', 'b'], ['audit', 'verify', 'a', '-o', 'xml']]) {
    expect((await run(args)).code, args.join(' ')).toBe(2);
  }
  expect((await run(['--help'])).code).toBe(0);
  expect((await run(['audit', 'verify', '--help'])).out).toContain('Exit code: 0');
});

test('3: a file that cannot be read, or unpacked', async () => {
  expect((await verify(join(folder, 'missing'))).code).toBe(3);
  expect((await verify(folder)).code).toBe(3);
  expect((await verify(keep(gzipSync(good).subarray(0, 200)))).code).toBe(3);
  expect((await verify(keep(good), '--public-key', join(folder, 'missing'))).code).toBe(3);
});

test('colours only for a terminal, and not where NO_COLOR is set', async () => {
  const args = ['audit', 'verify', keep(good)];
  expect((await run(args, { terminal: true })).out).toContain('\u001b[1m');
  expect((await run(args, { terminal: true, noColor: true })).out).not.toContain('\u001b');
  expect((await run(args)).out).not.toContain('\u001b');
});

test('a line of any size ends the reading before it fills the memory', async () => {
  async function* endless() {
    for (let i = 0; i < 4_096; i += 1) yield Buffer.alloc(65_536, 'a');
  }
  let pulled = 0;
  const counted = async function* () {
    for await (const part of endless()) {
      pulled += part.length;
      yield part;
    }
  };
  const code = await runCli(['audit', 'verify', '-'], {
    stdin: Readable.from(counted()),
    variables: {},
    outIsTerminal: false,
    errIsTerminal: false,
    out: () => undefined,
    err: () => undefined,
  });
  expect(code).toBe(1);
  expect(pulled).toBeLessThan(64 * 1_048_576);
});
