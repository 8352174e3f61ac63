import type { FinishedSpan } from '@tollgate/telemetry';
import { waitFor } from '@tollgate/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, RouterHarness } from '../testing/harness.js';

const harness = new RouterHarness();
let token = '';
/** A well-formed one of another type, and the same cut short, so that its check does not hold. */
let canaries: readonly string[] = [];
const SECRET = 'Q7'.repeat(22);

beforeAll(async () => {
  await harness.start();
  await waitFor(() => harness.router.gate.routes.index);
  ({ text: token } = harness.addToken());
  canaries = [
    harness.addToken().text,
    `tga_live_0123456789ab_${SECRET}`,
    `tgr_test_0123456789ab_${SECRET}`,
    `acmew_live_0123456789ab_${SECRET}`,
  ];
});
afterAll(() => harness.stop());

const secretOf = (canary: string): string => canary.slice(canary.lastIndexOf('_') + 1);
const textOf = async (response: Response): Promise<string> => JSON.stringify([...response.headers]) + (await response.text());

test('a token as the model is 400, reaches no adapter, and its secret stands nowhere', async () => {
  const before = harness.calls.length;
  for (const canary of canaries) {
    for (const model of [canary, `openrouter/${canary}`, canary.slice(0, -9)]) {
      const response = await harness.post(token, chat({ model }));
      expect(response.status).toBe(400);
      const id = response.headers.get('x-tollgate-request-id');
      const text = await textOf(response);
      expect(text).toContain('\\"model\\" holds an API token');
      const record = await waitFor(() => harness.records.find((each) => each.id === id));
      expect(record).toMatchObject({ outcome: 'refused', errorCode: 'invalid_request' });
      expect(record.model).toContain('[redacted]');
      expect(text + JSON.stringify(record) + harness.logs + spansOf(id)).not.toContain(secretOf(canary).slice(0, 12));
    }
  }
  expect(harness.calls).toHaveLength(before);
});

test('a token in a path, as request id or in metadata is not echoed, nor stored', async () => {
  for (const canary of canaries) {
    const authorization = `Bearer ${token}`;
    const paths = [
      `/v1/models/${canary}`,
      `/v1/models/a%2F${canary.replace('_', '%5F')}`,
      `/v1/${canary}`,
      `/v1/chat/completions/${canary}`,
    ];
    for (const path of paths) {
      const response = await fetch(harness.url + path, { headers: { authorization } });
      expect(response.status).toBe(404);
      expect(await textOf(response)).not.toContain(secretOf(canary));
    }
    const response = await harness.post(token, chat(), {
      headers: { 'x-request-id': canary, 'x-tollgate-metadata': JSON.stringify({ note: `mine is ${canary}` }) },
    });
    const id = response.headers.get('x-tollgate-request-id');
    expect([response.status, response.headers.get('x-request-id')]).toEqual([200, id]);
    expect(await textOf(response)).not.toContain(secretOf(canary));
    const record = await waitFor(() => harness.records.find((each) => each.id === id));
    expect(record.metadata['note']).toContain('[redacted]');
    expect(JSON.stringify(record) + harness.logs + spansOf(id)).not.toContain(secretOf(canary));
  }
  expect(harness.spans.length).toBeGreaterThan(0);
});

test('a wildcard shows the model that is asked for, in the header and in the record', async () => {
  const response = await harness.post(token, chat({ model: 'provider-star/vendor/m-1' }));
  expect(response.status).toBe(200);
  expect(response.headers.get('x-tollgate-model')).toBe('vendor/m-1');
  const id = response.headers.get('x-tollgate-request-id');
  const record = await waitFor(() => harness.records.find((each) => each.id === id));
  expect(record).toMatchObject({ model: 'provider-star/vendor/m-1', attempts: [{ upstreamModel: 'vendor/m-1' }] });
});

const spansOf = (id: string | null): string =>
  JSON.stringify(harness.spans.filter((span: FinishedSpan) => Object.values(span.attributes).includes(id ?? '')));
