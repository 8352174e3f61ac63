import { type Stack, waitFor } from '@tollgate/testing';
import type { Payload } from './corpus.ts';
import { DATA_PLANE_HEADERS } from './headers.ts';
import type { Judge } from './judge.ts';
import { withValue } from './leaves.ts';
import { type Answer, endsRequest, inLanes, type Question, send, sendBytes } from './send.ts';

const LANES = 6;
const CHAT = '/v1/chat/completions';
const good = (): object => ({
  model: 'sim/sim-fast',
  messages: [{ role: 'user', content: 'hello', name: 'somebody' }],
  user: 'somebody',
  max_tokens: 5,
  stop: ['stop'],
  metadata: { key: 'value' },
  tools: [{ type: 'function', function: { name: 'tool', description: 'a tool', parameters: { type: 'object' } } }],
});
const FIELDS: readonly (readonly string[])[] = [
  ...[['model'], ['messages'], ['messages', '0', 'role'], ['messages', '0', 'content'], ['messages', '0', 'name']],
  ...[['user'], ['stop', '0'], ['metadata', 'key'], ['tools', '0', 'type'], ['tools', '0', 'function', 'name']],
  ...[['tools', '0', 'function', 'description'], ['tool_choice'], ['response_format', 'type'], ['service_tier']],
  ...[['stream'], ['max_tokens'], ['seed'], ['prompt_cache_key'], ['safety_identifier'], ['reasoning_effort']],
];
/** Of other dialects: the model in the body or in the path. */
const OTHERS: readonly (readonly [path: string, body: object])[] = [
  ['/v1/messages', { model: 'sim/sim-fast', max_tokens: 5, messages: [{ role: 'user', content: 'hello' }] }],
  ['/v1/responses', { model: 'sim/sim-fast', input: 'hello' }],
  ['/v1/embeddings', { model: 'sim/sim-fast', input: 'hello' }],
  ['/v1/completions', { model: 'sim/sim-fast', prompt: 'hello' }],
];
const PATHS: readonly string[] = [
  '/v1/models/PAYLOAD',
  '/v1/PAYLOAD',
  '/v1/models?after=PAYLOAD',
  '/v1/models?PAYLOAD',
  '/v1beta/models/PAYLOAD:generateContent',
  '/pass/PAYLOAD/v1/models',
  '/PAYLOAD',
];
const CODES = new Set([
  ...['invalid_request', 'invalid_json', 'invalid_api_key', 'model_not_found', 'model_not_allowed', 'route_not_found'],
  ...['method_not_allowed', 'not_found', 'token_in_query', 'unsupported_media_type', 'permission_denied', 'rate_limit_exceeded'],
  ...['upstream_bad_request', 'upstream_not_found', 'body_too_large', 'expectation_failed', 'address_not_allowed', 'page'],
]);

export interface DataPlaneCounts extends Record<string, number> {
  data_plane_fields: number;
  /** Usage records whose metadata is what was sent, to the letter. */
  records_verbatim: number;
  records_altered: number;
}

/** Every field of the data plane; and what of it reaches the ledger. */
export async function attackDataPlane(
  stack: Stack,
  token: string,
  payloads: readonly Payload[],
  judge: Judge,
  say: (text: string) => void,
): Promise<DataPlaneCounts> {
  const counts: DataPlaneCounts = { data_plane_fields: 0, records_verbatim: 0, records_altered: 0 };
  const bearer = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const question = (method: string, path: string, body?: unknown): Question => ({
    ...{ origin: stack.url, method, path, headers: bearer },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const field = async (where: string, ask: (payload: Payload) => Promise<Answer>): Promise<void> => {
    counts.data_plane_fields += 1;
    await inLanes(payloads, LANES, async (payload) =>
      judge.judge({
        ...{ where, payload, answer: await ask(payload), codes: CODES },
        mayBeCut: where.includes(' header ') && endsRequest(payload.text),
      }),
    );
  };
  for (const path of FIELDS)
    await field(`chat /${path.join('/')}`, ({ text }) => send(question('POST', CHAT, withValue(good(), path, text))));
  await field('chat, name of a field', ({ text }) =>
    send({
      ...question('POST', CHAT),
      body: JSON.stringify(good()).replace(/\}$/, `,${JSON.stringify(text)}:{"polluted":"yes"}}`),
    }),
  );
  for (const [path, body] of OTHERS)
    await field(`${path} /model`, ({ text }) => send(question('POST', path, { ...body, model: text })));
  for (const path of PATHS) {
    await field(path, ({ text }) =>
      send(
        question(
          'GET',
          path.replace('PAYLOAD', () => encodeURIComponent(text.toWellFormed())),
        ),
      ),
    );
  }
  for (const header of DATA_PLANE_HEADERS) {
    const credential = /^(authorization|.*api-key)$/.test(header);
    await field(`chat header ${header}`, (payload) => {
      const { authorization, ...rest } = bearer;
      const text = header === 'authorization' ? `Bearer ${payload.text}` : payload.text;
      return sendBytes(
        { ...question('POST', CHAT, good()), headers: credential ? rest : { ...rest, authorization } },
        header,
        text,
      );
    });
  }
  say(`data plane: ${counts.data_plane_fields} fields`);
  await followMetadata(stack, question('POST', CHAT, good()), payloads, counts, say);
  return counts;
}

/** Values of metadata and request ids that were taken stand in the usage record as they came. */
async function followMetadata(
  stack: Stack,
  call: Question,
  payloads: readonly Payload[],
  counts: DataPlaneCounts,
  say: (text: string) => void,
): Promise<void> {
  const sent = new Map<string, string>();
  await inLanes([...payloads.entries()], LANES, async ([index, { text }]) => {
    const id = `injection-${index}`;
    const metadata = JSON.stringify({ key: text }).replaceAll(/[^\x20-\x7e]/g, escaped);
    const answer = await send({ ...call, headers: { ...call.headers, 'x-request-id': id, 'x-tollgate-metadata': metadata } });
    if (answer.status === 200) sent.set(id, text);
  });
  for (const [id, text] of sent) {
    const record = await waitFor(
      async () => {
        const { body } = await stack.api(`/api/v1/usage/records?client_request_id=${id}`);
        return (body as { data?: { metadata: Record<string, string> }[] }).data?.[0] ?? null;
      },
      { timeoutMs: 20_000, intervalMs: 50, what: `the usage record of ${id}` },
    );
    // Postgres holds neither NUL nor half a character: the sign for what cannot be shown stands for them.
    if (record.metadata['key'] === text.toWellFormed().replaceAll('\u0000', '\ufffd')) counts.records_verbatim += 1;
    else {
      counts.records_altered += 1;
      say(`metadata ${JSON.stringify(text)} became ${JSON.stringify(record.metadata['key'])}`);
    }
  }
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
