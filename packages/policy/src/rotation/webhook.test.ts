import { expect, test } from 'vitest';
import { mayReach } from '../access/may-reach.js';
import type { Network } from '../access/networks.js';
import { signWebhook, verifyWebhook } from './sign-webhook.js';
import { readWebhookTarget, WEBHOOK_NETWORKS_VARIABLE } from './webhook-target.js';

const networks = (text: string): readonly Network[] => WEBHOOK_NETWORKS_VARIABLE.parse(text) as readonly Network[];

test('a signature is that of Standard Webhooks, with the bytes of the secret as its key', () => {
  const message = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1_614_265_330, body: '{"test": 2432232314}' };
  // The published example of the specification, whose key is written in base64 there.
  const signature = signWebhook(Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64'), message);
  expect(signature).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  expect(verifyWebhook('tgw_a', message, `v1,old ${signWebhook('tgw_a', message)}`, message.timestamp + 10)).toBe(true);
});

test('another key, id, time or body does not verify, nor an old message', () => {
  const message = { id: 'msg_1', timestamp: 1_000, body: '{}' };
  const signature = signWebhook('key', message);
  const verify = (changed: object, now = 1_000, key = 'key') => verifyWebhook(key, { ...message, ...changed }, signature, now);
  expect(verify({})).toBe(true);
  expect([verify({ id: 'msg_2' }), verify({ timestamp: 1_001 }), verify({ body: '{ }' }), verify({}, 1_000, 'no')]).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect([verify({}, 1_300), verify({}, 1_301), verify({}, 699), verify({}, Number.NaN)]).toEqual([true, false, false, false]);
});

test.each([
  ['https://hooks.example.com/rotate?team=a', null],
  ['https://9.9.9.9:8443/x', null],
  ['http://hooks.example.com/', 'not_https'],
  ['ftp://hooks.example.com/', 'not_https'],
  ['file:///etc/passwd', 'not_https'],
  ['https://user:word@hooks.example.com/', 'has_credentials'],
  ['https://hooks.example.com/#x', 'has_fragment'],
  ['https://127.0.0.1/', 'private_address'],
  ['https://2130706433/', 'private_address'],
  ['https://0x7f.1/', 'private_address'],
  ['https://0177.0.0.1/', 'private_address'],
  ['https://[::1]/', 'private_address'],
  ['https://[::ffff:127.0.0.1]/', 'private_address'],
  ['https://169.254.169.254/latest/meta-data', 'private_address'],
  ['https://10.0.0.8/', 'private_address'],
  ['http://127.0.0.1/', 'not_https'],
  ['hooks', 'no_url'],
  [`https://hooks.example.com/${'x'.repeat(2_048)}`, 'too_long'],
])('where nothing is allowed, %s: %s', (text, problem) => {
  const read = readWebhookTarget(text, []);
  expect(read.ok ? null : read.error).toBe(problem);
});

test('what an administrator has allowed may be reached, and nothing beside it', () => {
  const allowed = networks('10.20.0.0/16, 127.0.0.0/8');
  const read = (text: string) => readWebhookTarget(text, allowed).ok;
  expect(['https://10.20.3.4/', 'http://127.0.0.1:8080/', 'http://localhost:8080/'].map(read)).toEqual([true, true, true]);
  expect(['https://10.21.3.4/', 'http://10.20.3.4/', 'http://[::1]/', 'http://a.test/'].map(read)).toEqual([
    false,
    false,
    false,
    false,
  ]);
  expect([mayReach('8.8.8.8', allowed), mayReach('192.168.0.1', allowed), mayReach('nonsense', allowed)]).toEqual([
    true,
    false,
    false,
  ]);
});

test('a list of networks with a mistake in it is refused whole', () => {
  for (const text of ['10.0.0.0/8,', '10.0.0.1/8', 'loopback', '10.0.0.0/8 127.0.0.0/8']) {
    expect(WEBHOOK_NETWORKS_VARIABLE.parse(text)).toBeNull();
  }
});
