import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, RouterHarness } from '../testing/harness.js';

const harness = new RouterHarness();
let token: string;
beforeAll(async () => {
  await harness.start();
  token = harness.addToken().text;
  await waitFor(() => harness.router.gate.routes.index);
});
afterAll(() => harness.stop());
const recordOf = (response: Response) => {
  const id = response.headers.get('x-tollgate-request-id');
  return waitFor(() => harness.records.find((record) => record.id === id), { what: 'the usage record' });
};

test('200: metadata of the call, and of other gateways` clients, is in the usage record', async () => {
  const headers = { 'x-tollgate-metadata': '{"team":"red"}', 'Helicone-Property-Session': 's1', 'x-litellm-tags': 'a,b' };
  const response = await harness.post(token, chat(), { headers });
  expect(response.status).toBe(200);
  expect((await recordOf(response)).metadata).toEqual({ team: 'red', session: 's1', tags: 'a,b' });
});

test('200: what is wrong with another gateway`s header is left out', async () => {
  const response = await harness.post(token, chat(), {
    headers: { 'x-portkey-metadata': '{"broken', 'x-litellm-tags': 'a'.repeat(5_000) },
  });
  expect(response.status).toBe(200);
  expect((await recordOf(response)).metadata).toEqual({});
});

test('400: our own header that breaks the bounds is named', async () => {
  const response = await harness.post(token, chat(), { headers: { 'x-tollgate-metadata': '{"team":7}' } });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ error: { code: 'invalid_request', param: 'x-tollgate-metadata' } });
});
