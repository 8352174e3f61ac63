import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SimulatedProviders, startSimulatedProviders } from '../server.js';

let offset = 0;
let providers: SimulatedProviders;
beforeAll(async () => {
  providers = await startSimulatedProviders({ now: () => Date.now() + offset });
});
afterAll(() => providers.stop());

interface Change {
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  /** Done to the request after it was signed. */
  readonly tamper?: (request: { headers: Record<string, string>; path: string; body: unknown }) => void;
}

/** Signed by the SDK; the model's name holds signs that must be encoded twice. */
async function send(change: Change = {}): Promise<number> {
  const { aws } = providers.keys;
  const client = new BedrockRuntimeClient({
    region: change.region ?? aws.region,
    endpoint: providers.url('bedrock'),
    credentials: {
      accessKeyId: change.accessKeyId ?? aws.accessKeyId,
      secretAccessKey: change.secretAccessKey ?? aws.secretAccessKey,
    },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
  client.middlewareStack.add(
    (next) => (args) => {
      change.tamper?.(args.request as never);
      return next(args);
    },
    { step: 'deserialize', priority: 'low' },
  );
  const modelId = 'arn:aws:bedrock:us-east-1:000000000000:inference-profile/eu.model (v1)~!';
  const answer = client.send(new ConverseCommand({ modelId, messages: [{ role: 'user', content: [{ text: 'Grüße' }] }] }));
  return answer.then(
    ({ $metadata }) => $metadata.httpStatusCode ?? 0,
    (error: { $metadata: { httpStatusCode?: number } }) => error.$metadata.httpStatusCode ?? 0,
  );
}

test('what the SDK signs is accepted', async () => {
  expect(await send()).toBe(200);
});

test.for<[string, Change]>([
  ['another secret', { secretAccessKey: 'other' }],
  ['an unknown key', { accessKeyId: 'AKIAOTHER' }],
  ['another region', { region: 'eu-west-1' }],
  [
    'a body that was changed',
    { tamper: (request) => Object.assign(request, { body: String(request.body).replace('Gr', 'Kr') }) },
  ],
  ['a path that was changed', { tamper: (request) => Object.assign(request, { path: `${request.path}-stream` }) }],
  ['a header that is not signed', { tamper: (request) => Object.assign(request.headers, { 'x-amz-extra': '1' }) }],
  ['no signature', { tamper: (request) => delete request.headers.authorization }],
])('%s is refused', async ([, change]) => {
  expect(await send(change)).toBe(403);
});

test.for([6, -6])('a clock that is %i minutes off is refused', async (minutes) => {
  offset = minutes * 60_000;
  const status = await send();
  offset = 0;
  expect(status).toBe(403);
  expect(providers.ledger.entries.at(-1)?.refusal).toContain('Signature');
});
