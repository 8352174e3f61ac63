/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/**
 * Shapes of secrets, wherever they stand in a text. Each alternative is linear: no nested repetition, so a hostile text
 * cannot make it slow. The prefix before the secret part is kept where it helps the reader and gives nothing away.
 */
const SECRET_SHAPES: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  // Our own tokens, of any brand; the public id stays, since it is what an operator searches for.
  [/([a-z0-9]{1,16}[kaosrw]_(?:live|test)_[0-9A-Za-z]{12})_[0-9A-Za-z]+/g, `$1_${REDACTED}`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  // Provider keys: OpenAI, Anthropic, OpenRouter, DeepSeek (sk-), Groq, Google, xAI, Hugging Face, Perplexity, Fireworks, Replicate.
  [/\b(sk-|rk-|pk-lf-|gsk_|AIza|xai-|hf_|pplx-|fw_|r8_|csk-|nvapi-|tgp_v1_)[A-Za-z0-9_-]{12,}/g, `$1${REDACTED}`],
  [/\b(AKIA|ASIA)[0-9A-Z]{16}\b/g, `$1${REDACTED}`],
  [/\b(gh[pousr]_|github_pat_|xox[abprs]-)[A-Za-z0-9_-]{10,}/g, `$1${REDACTED}`],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g, `jwt ${REDACTED}`],
  [
    /-----BEGIN ([A-Z ]{0,24})PRIVATE KEY-----[A-Za-z0-9+/=\s\\]*(?:-----END [A-Z ]{0,24}PRIVATE KEY-----)?/g,
    `private key ${REDACTED}`,
  ],
  // Passwords in URLs (not that of an example: a real port is a number), and secrets in query strings.
  [/([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/?#@"']{0,128}):(?!password@host:port\/)[^\s/?#@"']{1,512}@/gi, `$1:${REDACTED}@`],
  [/([?&](?:key|api[_-]?key|token|access_token|refresh_token|secret|password|signature|sig|code)=)[^&\s"'#]+/gi, `$1${REDACTED}`],
];

/** One cheap look before the ten expensive ones: most texts hold none of these. */
const SUSPECT =
  /_live_|_test_|Bearer|Basic|[srp]k-|gsk_|AIza|xai-|hf_|pplx-|fw_|r8_|csk-|nvapi-|tgp_|AKIA|ASIA|gh[pousr]_|github_pat|xox|eyJ|PRIVATE KEY|:\/\/|[?&][a-z_-]{3,13}=/i;

/** The text without any secret that can be told by its shape. */
export function redactText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  let result = text;
  for (const [pattern, replacement] of SECRET_SHAPES) result = result.replace(pattern, replacement);
  return result;
}

/** Lower case without separators: `X-Api-Key`, `apiKey` and `api_key` are one name. */
const SECRET_NAMES = new Set([
  'authorization',
  'proxyauthorization',
  'apikey',
  'xapikey',
  'xgoogapikey',
  'key',
  'secret',
  'clientsecret',
  'secretaccesskey',
  'sessiontoken',
  'password',
  'passwd',
  'passphrase',
  'pepper',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'bearertoken',
  'credential',
  'credentials',
  'privatekey',
  'sealingkey',
  'sealed',
  'cookie',
  'setcookie',
  'signature',
  'digest',
  'databaseurl',
]);

export const isSecretName = (name: string): boolean => SECRET_NAMES.has(name.replace(/[_\-.\s]/g, '').toLowerCase());

const DEPTH_MAX = 6;
const ENTRIES_MAX = 64;
const TEXT_MAX = 8_192;

/**
 * A copy that is safe to log: values of secret names replaced, errors made plain, depth and size bounded, so that no
 * field can make a log line expensive.
 */
export function redactFields(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value.length > TEXT_MAX ? shortened(value) : value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return '[deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map((item) => redactFields(item, depth + 1));
  return redactEntries(value instanceof Map ? [...value] : Object.entries(value), depth);
}

function redactEntries(entries: readonly (readonly [unknown, unknown])[], depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [key, value] of entries.slice(0, ENTRIES_MAX)) {
    const name = redactText(String(key));
    if (name === '__proto__') continue;
    result[name] = isSecretName(name) && isContent(value) ? REDACTED : redactFields(value, depth + 1);
  }
  return result;
}

/** Numbers, booleans and nulls under a secret's name (`token: 3`, `key: null`) are counts and flags, not secrets. */
const isContent = (value: unknown): boolean =>
  (typeof value === 'string' && value !== '') || (typeof value === 'object' && value !== null);

/**
 * Of database errors: the statement, its values, and what Postgres tells of the rows (`Key (name)=(...) already exists`). Code,
 * table, column and constraint stay, which say what happened without saying to whose data.
 */
const DATA_OF_ERRORS = new Set(['query', 'parameters', 'driverError', 'detail', 'where', 'internalQuery', 'hint']);
/** A shorter value stands in too many words to be cut out of them. */
const VALUE_LENGTH_MIN = 4;

function redactError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error;
  const values = valuesOf(error);
  const told = (text: string): string => redactText(shortened(withoutValues(text, values)));
  return {
    ...redactEntries(
      Object.entries(error).filter(([key]) => !DATA_OF_ERRORS.has(key)),
      depth,
    ),
    type: name,
    message: told(message),
    ...(stack === undefined ? {} : { stack: told(stack) }),
    ...(cause === undefined ? {} : { cause: redactFields(cause, depth + 1) }),
  };
}

/** Texts that a statement was run with: Postgres quotes one that it cannot read (`invalid input syntax for type ...`). */
function valuesOf(error: Error): readonly string[] {
  const { parameters } = error as { readonly parameters?: unknown };
  if (!Array.isArray(parameters)) return [];
  const texts = parameters.filter((value): value is string => typeof value === 'string' && value.length >= VALUE_LENGTH_MIN);
  return texts.slice(0, ENTRIES_MAX);
}

const withoutValues = (text: string, values: readonly string[]): string =>
  values.reduce((rest, value) => rest.replaceAll(value, REDACTED), text);

const shortened = (text: string): string =>
  text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}... [${text.length} characters]` : text;
