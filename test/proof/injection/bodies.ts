import type { Things } from '../permissions/cast.ts';

/** A number that no other case has, for what must be unique. */
type Body = (n: number, things: Things) => unknown;

const policy = {
  scopes: ['llm:chat'],
  models: { allow: ['sim/*'], deny: ['none/*'] },
  limits: { requests: { limit: 1_000_000, period_seconds: 60, burst: 1_000_000 } },
  caps: { input_tokens: 1_000_000, output_tokens: 1_000, request_bytes: 1_000_000 },
  addresses: { allow: ['127.0.0.0/8', '::1'], deny: ['203.0.113.0/24'] },
  windows: [{ days: ['mon', 'tue'], from: '00:00', to: '24:00', time_zone: 'UTC' }],
  strict: false,
};
const later = '2099-01-01T00:00:00Z';
const x = 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU';
const keys = {
  ec: { kid: 'one', use: 'sig', kty: 'EC', crv: 'P-256', x, y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0', alg: 'ES256' },
  okp: { kid: 'two', use: 'sig', kty: 'OKP', crv: 'Ed25519', x, alg: 'EdDSA' },
  rsa: { kid: 'three', use: 'sig', kty: 'RSA', n: 'q'.repeat(342), e: 'AQAB', alg: 'RS256' },
};
const client = (n: number) => ({
  ...policy,
  name: `client ${n}`,
  grant_types: ['client_credentials', 'authorization_code'],
  auth_method: 'client_secret_basic',
  redirect_uris: ['https://app.example.com/back'],
  expires_at: later,
});
const clientWithKeys = (key: object) => (n: number) => ({
  ...client(n),
  auth_method: 'private_key_jwt',
  jwks: { keys: [key] },
});
const schedule = { jitter_seconds: 60, overlap_seconds: 60, enabled: false, renew_signing_secret: false };
const hook = 'https://hooks.example.com/rotation';
const token = (n: number, things: Things) => ({
  ...policy,
  name: `token ${n}`,
  type: 'api_key',
  environment: 'live',
  expires_at: later,
  idle_expiry_days: 30,
  team_id: things['team'],
  owner_id: things['account'],
  tags: ['tag'],
  content_logging: false,
});

/** Good bodies in which every field has something to say; several where fields exclude each other. */
export const BASES: Readonly<Record<string, readonly Body[]>> = {
  createToken: [token, (n, things) => ({ name: `child ${n}`, parent_id: things['token'] })],
  changeToken: [
    (n, things) => {
      const { type: _type, environment: _environment, ...rest } = token(n, things);
      return { ...rest, status: 'active' };
    },
  ],
  bulkRevokeTokens: [
    (_n, things) => ({
      dry_run: true,
      owner_id: things['account'],
      team_id: things['team'],
      parent_id: things['token'],
      issued_before: later,
    }),
  ],
  rotateToken: [() => ({ overlap_seconds: 60, force: true, delivery: 'one_time_link' })],
  putRotationSchedule: [
    () => ({
      ...schedule,
      timing: { kind: 'cron', cron: '0 3 1 * *', time_zone: 'UTC' },
      delivery: { kind: 'webhook', url: hook, attempts_max: 1 },
    }),
    () => ({ ...schedule, timing: { kind: 'every', days: 30 }, delivery: { kind: 'one_time_link', url: hook, attempts_max: 1 } }),
  ],
  openSecretLink: [() => ({ link: 'A'.repeat(43) })],
  createOrganisation: [(n) => ({ name: `organisation ${n}`, owner: { email: `owner${n}@example.com`, name: 'Owner' } })],
  changeOrganisation: [() => ({ status: 'active' })],
  changeCurrentOrganisation: [() => ({ name: 'organisation' })],
  createUser: [
    (n, things) => ({ email: `user${n}@example.com`, name: `user ${n}`, roles: [{ role: 'viewer', team_id: things['team'] }] }),
  ],
  changeUser: [(n, things) => ({ name: `user ${n}`, status: 'active', roles: [{ role: 'viewer', team_id: things['team'] }] })],
  createTeam: [(n) => ({ name: `team ${n}` })],
  changeTeam: [(n) => ({ name: `team ${n}`, status: 'active' })],
  createServiceAccount: [(n, things) => ({ name: `account ${n}`, description: 'what it does', team_id: things['team'] })],
  changeServiceAccount: [(n) => ({ name: `account ${n}`, description: 'what it does', status: 'active' })],
  signIn: [
    (n) => ({ email: `nobody${n}@example.com`, password: 'no such password', organisation_id: 'org_01kb0000000000000000000000' }),
  ],
  changePassword: [() => ({ current_password: 'not the password', new_password: 'forty herons at the weir' })],
  createBudget: [
    (n, things) => ({
      name: `budget ${n}`,
      subject: { type: 'token', id: things['token'] },
      amount: '100.00',
      currency: 'USD',
      period: 'month',
      time_zone: 'UTC',
      models: 'sim/*',
      hard: false,
      alert_at_percent: [80],
    }),
  ],
  changeBudget: [(n) => ({ name: `budget ${n}`, amount: '100.00', models: 'sim/*', hard: false, alert_at_percent: [80] })],
  createLimit: [
    (n, things) => ({
      subject: { type: 'token', id: things['token'] },
      kind: 'tokens',
      models: `model-${n}`,
      limit: 1_000_000,
      period_seconds: 60,
      burst: 1_000_000,
    }),
  ],
  changeLimit: [() => ({ limit: 1_000_000, period_seconds: 60, burst: 1_000_000 })],
  createOAuthClient: [client, clientWithKeys(keys.ec), clientWithKeys(keys.okp), clientWithKeys(keys.rsa)],
  changeOAuthClient: [
    (n) => ({
      name: `client ${n}`,
      redirect_uris: ['https://app.example.com/back'],
      status: 'active',
      scopes: ['llm:chat'],
      models: policy.models,
      strict: false,
    }),
    ...[keys.ec, keys.okp, keys.rsa].map(
      (key): Body =>
        () => ({ jwks: { keys: [key] } }),
    ),
  ],
  renewOAuthClientSecret: [() => ({ overlap_seconds: 60 })],
  createProvider: [
    (n) => ({
      name: `provider-${n}`,
      title: `provider ${n}`,
      api: 'openai-chat',
      // Nobody is there, and says so at once: what sleeps is then the database.
      base_url: 'http://127.0.0.1:1/v1',
      allow_private_network: true,
      secret: 'sk-something',
    }),
  ],
  createCredential: [(n, things) => ({ provider_id: things['provider'], name: `credential ${n}`, secret: 'sk-something' })],
  simulateRoute: [
    () => ({
      model: 'sim/sim-fast',
      endpoint: 'chat.completions',
      dialect: 'openai-chat',
      input_tokens: 10,
      output_tokens: 10,
      affinity_key: 'somebody',
      failures: [],
    }),
  ],
  createRoute: [
    (n) => ({
      model: `route-${n}`,
      targets: [{ model: 'sim/sim-fast', weight: 1, priority: 0 }],
      retries: 1,
      timeouts: { connect_ms: 1_000, first_byte_ms: 1_000, idle_ms: 1_000, total_ms: 1_000 },
      listed: true,
    }),
  ],
};

/** What an accepted request adds: a row to each of these tables. */
export const MAKES: Readonly<Record<string, readonly string[]>> = {
  createOrganisation: ['auth.organisations', 'auth.users'],
  createToken: ['auth.tokens'],
  createTeam: ['auth.teams'],
  createUser: ['auth.users'],
  createServiceAccount: ['auth.service_accounts'],
  createBudget: ['auth.budgets'],
  createLimit: ['auth.scope_limits'],
  createOAuthClient: ['auth.oauth_clients', 'auth.tokens'],
  createProvider: ['catalog.providers'],
  createRoute: ['catalog.routes'],
};

/** Kept in another form on purpose: by operation and field, what is made of the text. */
export const NORMALISED: Readonly<Record<string, (text: string) => string>> = {
  'createUser email': (text) => text.toLowerCase(),
  'createProvider title': (text) => text.trim(),
  'createCredential name': (text) => text.trim(),
};
