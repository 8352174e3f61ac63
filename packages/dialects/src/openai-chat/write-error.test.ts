import { NO_USAGE, type UpstreamFailure } from '@tollgate/contracts';
import { decodeUtf8, TollgateError } from '@tollgate/kernel';
import { expect, test } from 'vitest';
import { writeError, writeErrorEvent } from './write-error.js';
import { writeModel, writeModels } from './write-models.js';

const failure = (fields: Partial<UpstreamFailure>): UpstreamFailure => ({
  code: 'upstream_error',
  message: 'The provider failed.',
  internalMessage: 'host 10.0.0.1',
  status: 500,
  retryAfterMs: null,
  upstreamRequestId: null,
  body: null,
  usage: NO_USAGE,
  basis: 'none',
  firstByteMs: null,
  durationMs: 1,
  ...fields,
});

test('an error of ours has the envelope and status of the table', () => {
  const { httpStatus, body } = writeError(
    new TollgateError('model_not_found', 'No such model.', { param: 'model', internalMessage: 'secret host' }),
  );
  expect(httpStatus).toBe(404);
  expect(JSON.parse(decodeUtf8(body))).toEqual({
    error: { message: 'No such model.', type: 'invalid_request_error', param: 'model', code: 'model_not_found' },
  });
});

test('an upstream failure shows its public message only', () => {
  const { httpStatus, body } = writeError(failure({}));
  expect(httpStatus).toBe(502);
  expect(decodeUtf8(body)).not.toContain('10.0.0.1');
  expect(JSON.parse(decodeUtf8(body))).toMatchObject({ error: { code: 'upstream_error', message: 'The provider failed.' } });
});

test('a body of the provider that may be shown goes as it is, with its status', () => {
  const body = '{\n "error": {"message": "max_tokens too large"}}';
  const written = writeError(failure({ code: 'upstream_bad_request', status: 422, body }));
  expect([written.httpStatus, decodeUtf8(written.body)]).toEqual([422, body]);
});

test('an error event is one event on one line', () => {
  const pretty = failure({ body: '{\n "error": {\n\n"message": "x"}}' });
  expect(decodeUtf8(writeErrorEvent(pretty))).toBe('data: {"error":{"message":"x"}}\n\n');
  expect(decodeUtf8(writeErrorEvent(failure({ body: 'no json\n\n' })))).toMatch(/^data: \{"error":.*\}\n\n$/);
  expect(decodeUtf8(writeErrorEvent(new TollgateError('adapter_lost', 'Gone.')))).toMatch(
    /^data: .*"code":"adapter_lost".*\n\n$/,
  );
});

test('models are listed in the shape of the SDK', () => {
  const model = { id: 'demo/echo', created: 5, ownedBy: 'demo' };
  const entry = { id: 'demo/echo', object: 'model', created: 5, owned_by: 'demo' };
  expect(JSON.parse(decodeUtf8(writeModels([model])))).toEqual({ object: 'list', data: [entry] });
  expect(JSON.parse(decodeUtf8(writeModel(model)))).toEqual(entry);
});
