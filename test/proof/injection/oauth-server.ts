import type { Payload } from './corpus.ts';
import type { Judge } from './judge.ts';
import { endsRequest, inLanes, type Question, send, sendBytes } from './send.ts';

const LANES = 6;
export interface OAuthParts {
  readonly origin: string;
  readonly client: { readonly id: string; readonly secret: string; readonly redirect: string };
  readonly payloads: readonly Payload[];
  readonly judge: Judge;
}

const GET_FIELDS = [
  ...['client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'nonce', 'resource', 'prompt', 'login_hint', 'ui_locales'],
  ...[
    'response_mode',
    'code_challenge',
    'code_challenge_method',
    'max_age',
    'acr_values',
    'claims',
    'request',
    'request_uri',
    'id_token_hint',
    'display',
  ],
];
const TOKEN_FIELDS = [
  ...['grant_type', 'client_id', 'client_secret', 'code', 'redirect_uri', 'refresh_token', 'scope', 'resource', 'code_verifier'],
  ...['client_assertion', 'client_assertion_type', 'username', 'password', 'audience'],
];
const HEADERS = [
  'authorization',
  'cookie',
  'content-type',
  'origin',
  'host',
  'x-forwarded-host',
  'x-forwarded-proto',
  'user-agent',
  'dpop',
];

/** RFC 6749, RFC 8707 and OpenID Connect; `page` is the page of an error. */
const CODES = new Set([
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type', 'invalid_scope'],
  ...['invalid_target', 'invalid_token', 'access_denied', 'unsupported_response_type', 'unsupported_response_mode', 'page'],
  ...['unsupported_token_type', 'slow_down', 'temporarily_unavailable', 'rate_limit_exceeded', 'not_found', 'route_not_found'],
  ...['unsupported_media_type', 'invalid_redirect_uri', 'login_required', 'request_not_supported', 'request_uri_not_supported'],
  ...['method_not_allowed', 'permission_denied', 'invalid_api_key'],
]);

/** Every parameter of the OAuth server, its pages among them. Returns how many fields. */
export async function attackOAuth({ origin, client, payloads, judge }: OAuthParts): Promise<number> {
  let fields = 0;
  const field = async (where: string, ask: (payload: Payload) => ReturnType<typeof send>): Promise<void> => {
    fields += 1;
    await inLanes(payloads, LANES, async (payload) => {
      const answer = await ask(payload);
      // A redirect back to the client, or to the page where people sign in, is an answer.
      const codes = answer.status === 302 || answer.status === 303 ? new Set(['page']) : CODES;
      const shown = answer.status === 302 || answer.status === 303 ? { ...answer, status: 200 } : answer;
      judge.judge({ where, payload, answer: shown, codes, mayBeCut: where.includes(' header ') && endsRequest(payload.text) });
    });
  };
  const authorize: Readonly<Record<string, string>> = {
    client_id: client.id,
    redirect_uri: client.redirect,
    response_type: 'code',
    scope: 'llm:chat',
    state: 'state',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  };
  for (const name of GET_FIELDS) {
    await field(`authorize ${name}`, ({ text }) =>
      send({ origin, method: 'GET', path: `/oauth/authorize?${form({ ...authorize, [name]: text })}`, headers: {} }),
    );
  }
  const post = (path: string, values: Readonly<Record<string, string>>): Question => ({
    ...{ origin, method: 'POST', path, body: form(values) },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  const machine = { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret, scope: 'llm:chat' };
  for (const name of TOKEN_FIELDS)
    await field(`token ${name}`, ({ text }) => send(post('/oauth/token', { ...machine, [name]: text })));
  for (const grant of ['authorization_code', 'refresh_token']) {
    for (const name of ['code', 'code_verifier', 'redirect_uri', 'refresh_token']) {
      const values = { ...machine, grant_type: grant, code: 'code', refresh_token: 'token', redirect_uri: client.redirect };
      await field(`token ${grant} ${name}`, ({ text }) => send(post('/oauth/token', { ...values, [name]: text })));
    }
  }
  for (const path of ['/oauth/introspect', '/oauth/revoke']) {
    for (const name of ['token', 'token_type_hint', 'client_id', 'client_secret']) {
      await field(`${path} ${name}`, ({ text }) => send(post(path, { ...machine, token: 'token', [name]: text })));
    }
  }
  for (const path of [
    '/oauth/interaction/PAYLOAD',
    '/oauth/PAYLOAD',
    '/.well-known/oauth-authorization-server/PAYLOAD',
    '/oauth/authorize/PAYLOAD',
  ]) {
    await field(path, ({ text }) =>
      send({ origin, method: 'GET', path: path.replace('PAYLOAD', () => encodeURIComponent(text.toWellFormed())), headers: {} }),
    );
  }
  for (const name of HEADERS) {
    await field(`token header ${name}`, ({ text }) => sendBytes(post('/oauth/token', machine), name, text));
    await field(`authorize header ${name}`, ({ text }) =>
      sendBytes({ origin, method: 'GET', path: `/oauth/authorize?${form(authorize)}`, headers: {} }, name, text),
    );
  }
  return fields;
}

const form = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`)
    .join('&');
