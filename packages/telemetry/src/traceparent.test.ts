import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTracer } from './create-tracer.js';
import { parseTraceparent } from './traceparent.js';

const GOOD = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test('a header of the standard is read', () => {
  expect(parseTraceparent(GOOD)).toEqual({
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    sampled: true,
  });
  expect(parseTraceparent(GOOD.replace(/01$/, '00'))?.sampled).toBe(false);
  // A later version may carry more; flags we do not know are ignored.
  expect(parseTraceparent(`cc${GOOD.slice(2)}-what-the-future-holds`)?.sampled).toBe(true);
  expect(parseTraceparent(GOOD.replace(/01$/, 'ff'))?.sampled).toBe(true);
});

test.each([
  '',
  GOOD.toUpperCase(),
  GOOD.slice(0, -1),
  `${GOOD}-tail`,
  `${GOOD} `,
  ` ${GOOD}`,
  `ff${GOOD.slice(2)}`,
  GOOD.replace(/[0-9a-f]{32}/, '0'.repeat(32)),
  GOOD.replace('00f067aa0ba902b7', '0'.repeat(16)),
  GOOD.replaceAll('-', '_'),
  `cc${GOOD.slice(2)}.tail`,
  `cc${GOOD.slice(2)}-${'x'.repeat(600)}`,
  `${GOOD},${GOOD}`,
])('a malformed header starts a new trace: %j', async (header) => {
  expect(parseTraceparent(header)).toBeNull();
  const tracer = await createTracer({ serviceName: 'test', exporterUrl: null, sampleRatio: 1, randomBytes });
  expect(tracer.start(header).parentSpanId).toBeNull();
});

test('no text makes the parser throw', () => {
  fc.assert(fc.property(fc.string(), (text) => parseTraceparent(text) === null));
});
