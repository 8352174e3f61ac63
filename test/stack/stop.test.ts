import { Agent, request } from 'node:http';
import { type Stack, startStack } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, newCallName, recordOf } from './support.ts';

/** A second, plus what a busy machine needs; a stop that waits for somebody who is gone takes ten. */
const STOP_MS_MAX = 5_000;
let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ arrangement: 'standalone' });
}, 120_000);
afterAll(() => stack.stop(), 60_000);

const get = (agent: Agent, path: string): Promise<{ readonly status: number; readonly reused: boolean }> =>
  new Promise((resolve, reject) => {
    const sent = request(stack.url + path, { agent, headers: { authorization: `Bearer ${stack.token}` } }, (answer) => {
      answer.resume().once('end', () => resolve({ status: answer.statusCode ?? 0, reused: sent.reusedSocket }));
    });
    sent.once('error', reject).end();
  });

test('a GET leaves its connection open for the next', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect(await get(agent, '/v1/models')).toEqual({ status: 200, reused: false });
  expect(await get(agent, '/v1/models')).toEqual({ status: 200, reused: true });
  agent.destroy();
});

test('a stop right after a call hands the usage over and ends at once; a boot and a stop say nothing alarming', async () => {
  const name = newCallName();
  const answer = await chat(stack, { model: 'demo/echo' }, { headers: { 'x-request-id': name } });
  await answer.text();
  const [process_] = stack.processes;
  const since = performance.now();
  expect(await process_?.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - since).toBeLessThan(STOP_MS_MAX);
  expect(stack.logs()).not.toContain('no_responders');
  await process_?.start();
  expect(await recordOf(stack, name)).toMatchObject({ outcome: 'succeeded' });
});
