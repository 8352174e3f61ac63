import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalPath } from './canonical-uri.js';
import { type AwsCredentials, deriveSigningKey, type SigV4Options, type SigV4Request, signSigV4 } from './sign-sigv4.js';

const KEY: AwsCredentials = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
};
const AT = { service: 'service', region: 'us-east-1', now: new Date('2015-08-30T12:36:00Z') };
const OPTIONS: SigV4Options = { normalizePath: true, signsBody: false, signsToken: true };
const NO_BODY = new Uint8Array();
const HOST = ['Host', 'example.amazonaws.com'] as const;
const GET: SigV4Request = { method: 'GET', path: '/', query: '', headers: [HOST], body: NO_BODY };

const signatureOf = (headers: Readonly<Record<string, string>>): string | undefined =>
  /Signature=([0-9a-f]{64})$/.exec(headers['authorization'] ?? '')?.[1];

/** Requests and the signatures that AWS publishes for them, by the names of its test suite for Signature Version 4. */
const PUBLISHED: readonly (readonly [
  name: string,
  expected: string,
  request: Partial<SigV4Request>,
  options?: Partial<SigV4Options>,
])[] = [
  ['get-vanilla', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31', {}],
  ['post-vanilla', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b', { method: 'POST' }],
  [
    'get-relative-relative-normalized',
    '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    { path: '/example1/example2/../..' },
  ],
  [
    'get-relative-unnormalized',
    'eca7ead57bb5aa5c8e28007acd4ff04e1ff9a0ff3b237ec1554a184887ff9282',
    { path: '/example/..' },
    { normalizePath: false },
  ],
  ['get-slash-dot-slash-normalized', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31', { path: '/./' }],
  ['get-slashes-normalized', '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84', { path: '//example//' }],
  [
    'get-slash-unnormalized',
    'c88bcd3d312d75078c0cd961d6deae3f4c754924b01669efcfcb439fd5e5b76e',
    { path: '//' },
    { normalizePath: false },
  ],
  ['get-space-normalized', '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741', { path: '/example space/' }],
  ['get-utf8', '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85', { path: '/ሴ' }],
  ['get-vanilla-utf8-query', '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04', { query: 'ሴ=bar' }],
  [
    'get-vanilla-query-order-key-case',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    { query: 'Param2=value2&Param1=value1' },
  ],
  [
    'get-vanilla-query-order-encoded',
    '371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac',
    { query: 'Param-3=Value3&Param=Value2&%E1%88%B4=Value1' },
  ],
  [
    'post-header-key-sort',
    'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    { method: 'POST', headers: [HOST, ['My-Header1', 'value1']] },
  ],
];

const FORM = new TextEncoder().encode('Param1=value1');

describe('signatures that AWS publishes', () => {
  for (const [name, expected, request, options] of PUBLISHED) {
    test(name, () => {
      expect(signatureOf(signSigV4({ ...GET, ...request }, KEY, AT, { ...OPTIONS, ...options }))).toBe(expected);
    });
  }

  test('post-x-www-form-urlencoded: the bytes of the body are hashed', () => {
    const headers = [['Content-Type', 'application/x-www-form-urlencoded'], HOST, ['Content-Length', '13']] as const;
    const signed = signSigV4({ ...GET, method: 'POST', headers, body: FORM }, KEY, AT, { ...OPTIONS, signsBody: true });
    expect(signatureOf(signed)).toBe('d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b');
    expect(signed['x-amz-content-sha256']).toBe('9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e');
  });

  test('get-vanilla-with-session-token: the token is sent and signed', () => {
    const sessionToken = '6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267';
    const signed = signSigV4(GET, { ...KEY, sessionToken }, AT, OPTIONS);
    expect(signatureOf(signed)).toBe('07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8');
    expect(signed['x-amz-security-token']).toBe(sessionToken);
    expect(signed['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token,');
  });

  test('the derived key of the IAM guide', () => {
    const key = deriveSigningKey(KEY.secretAccessKey, '20150830', { region: 'us-east-1', service: 'iam' });
    expect(Buffer.from(key).toString('hex')).toBe('c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9');
  });
});

/** The whole suite, where it is at hand: https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite/v4 */
const SUITE = process.env['SIGV4_SUITE_DIR'] ?? '';
describe.skipIf(SUITE === '' || !existsSync(SUITE))('every case of the published suite', () => {
  test.each(SUITE === '' || !existsSync(SUITE) ? [] : readdirSync(SUITE))('%s', (name) => {
    const read = (file: string): string => readFileSync(join(SUITE, name, file), 'utf8');
    const context = JSON.parse(read('context.json'));
    const credentials: AwsCredentials = {
      accessKeyId: context.credentials.access_key_id,
      secretAccessKey: context.credentials.secret_access_key,
      sessionToken: context.credentials.token ?? null,
    };
    const signed = signSigV4(
      readRequest(read('request.txt')),
      credentials,
      { service: context.service, region: context.region, now: new Date(context.timestamp) },
      { normalizePath: context.normalize, signsBody: context.sign_body, signsToken: context.omit_session_token !== true },
    );
    expect(signatureOf(signed)).toBe(read('header-signature.txt').trim());
  });
});

function readRequest(text: string): SigV4Request {
  const [head = '', body = ''] = text.split('\n\n');
  const [first = '', ...lines] = head.replace(/\n[ \t]+/g, ' ').split('\n');
  const target = first.slice(first.indexOf(' ') + 1, first.lastIndexOf(' '));
  const [path = '', query = ''] = target.split('?');
  const headers = lines
    .filter((line) => line !== '')
    .map((line): [string, string] => {
      const split = line.indexOf(':');
      return [line.slice(0, split), line.slice(split + 1)];
    });
  return { method: first.slice(0, first.indexOf(' ')), path, query, headers, body: new TextEncoder().encode(body) };
}

test('the ARN of a model, encoded to travel, is encoded once more to be signed', () => {
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude';
  expect(canonicalPath(`/model/${encodeURIComponent(arn)}/converse`, true)).toBe(
    '/model/arn%253Aaws%253Abedrock%253Aus-east-1%253A123456789012%253Ainference-profile%252Fus.anthropic.claude/converse',
  );
  expect(canonicalPath('/model/anthropic.claude-v1%3A0/converse', true)).toBe('/model/anthropic.claude-v1%253A0/converse');
});

test('neither the secret nor a part of it is in what is sent', () => {
  const sent = JSON.stringify(signSigV4(GET, { ...KEY, sessionToken: 'token' }, AT));
  expect(sent).not.toContain(KEY.secretAccessKey.slice(0, 12));
});

test('the order in which headers and parameters come does not matter, another byte of the body does', () => {
  const pair = fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[a-z0-9 %]{0,8}$/));
  fc.assert(
    fc.property(
      fc.uniqueArray(pair, { selector: ([name]) => name, maxLength: 6 }),
      fc.uint8Array({ maxLength: 32 }),
      (pairs, body) => {
        const headers = pairs.map(([name, value]) => [`x-${name}`, value] as const);
        const query = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
        const make = (turn: boolean, bytes: Uint8Array) => {
          const order = <T>(list: readonly T[]): T[] => (turn ? [...list].reverse() : [...list]);
          return signatureOf(
            signSigV4({ ...GET, headers: order([HOST, ...headers]), query: order(query).join('&'), body: bytes }, KEY, AT),
          );
        };
        expect(make(false, body)).toBe(make(true, body));
        expect(make(false, body)).not.toBe(make(false, new Uint8Array([...body, 1])));
      },
    ),
  );
});
