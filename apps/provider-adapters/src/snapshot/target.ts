import type { Credential, Dialect, Endpoint, UpstreamProvider, UpstreamsSnapshot } from '@tollgate/contracts';
import { findDialect, type MaxOutputField, translates } from '@tollgate/dialects';
import { fail, ok, type Result } from '@tollgate/kernel';
import type { CredentialOpener } from '../credentials/open-credential.js';

/** All that a call to one deployment needs, made once per snapshot. */
export interface Target {
  readonly deploymentId: string;
  readonly provider: string;
  /** `demo:` is answered here. */
  readonly demo: boolean;
  readonly origin: string;
  readonly path: string;
  /** For a streamed answer. */
  readonly streamPath: string;
  /** That the provider is spoken to in. */
  readonly dialect: Dialect;
  readonly allowPrivateNetwork: boolean;
  /** null = the caller's own model name without the provider prefix. */
  readonly upstreamModel: string | null;
  readonly maxOutputField: MaxOutputField;
  /** Whether `stream_options` may be put into a request. */
  readonly asksForUsage: boolean;
  /** Name, value, name, value ... as undici takes them fastest. */
  readonly answerHeaders: readonly string[];
  readonly streamHeaders: readonly string[];
  /** To be cut out of whatever comes back; null where the provider needs none. */
  readonly secret: string | null;
}

type Deployment = UpstreamsSnapshot['deployments'][number];

/** The problem is for the log; the caller learns only `misconfigured`. */
export type TargetResult = Result<Target, string>;

export interface TargetParts {
  readonly deployment: Deployment;
  readonly provider: UpstreamProvider;
  readonly credential: Credential;
}

export function makeTarget(
  parts: TargetParts,
  wanted: { readonly endpoint: Endpoint; readonly dialect: Dialect },
  opener: CredentialOpener,
): TargetResult {
  const { deployment, provider } = parts;
  const served = chooseServed(provider, wanted);
  if (!served.ok) return served;
  const { dialect } = served.value;
  const path = pathOf(served.value.path, deployment.upstreamModel);
  if (path === null)
    return fail(`provider ${provider.id} names the model in its path: deployment ${deployment.id} has none of its own`);
  const address = readAddress(provider, path);
  if (!address.ok) return address;
  const streamed = readAddress(provider, pathOf(served.value.streamPath ?? served.value.path, deployment.upstreamModel) ?? path);
  if (!streamed.ok) return streamed;
  const secret = opener.open(parts.credential);
  if (!secret.ok) return secret;
  const auth = authHeaders(provider, secret.value);
  if (!auth.ok) return auth;
  const common = ['content-type', 'application/json', 'accept-encoding', 'identity', 'user-agent', 'tollgate', ...auth.value];
  for (const [name, value] of Object.entries(provider.headers)) common.push(name.toLowerCase(), value);
  return ok({
    deploymentId: deployment.id,
    provider: provider.name,
    dialect,
    demo: address.value.origin === DEMO,
    ...address.value,
    streamPath: streamed.value.path,
    allowPrivateNetwork: provider.allowPrivateNetwork,
    upstreamModel: deployment.upstreamModel === '*' ? null : deployment.upstreamModel,
    maxOutputField: outputFieldOf(dialect, provider),
    asksForUsage: dialect === 'openai-chat' && !provider.quirks.includes('stream_usage_unasked'),
    answerHeaders: [...common, 'accept', 'application/json'],
    streamHeaders: [...common, 'accept', findDialect(dialect)?.streamType ?? 'text/event-stream'],
    secret: secret.value,
  });
}

/** Where the bound of an answer stands in the body; some vendors of chats know only the newer name. */
function outputFieldOf(dialect: Dialect, { quirks }: UpstreamProvider): MaxOutputField {
  if (dialect === 'openai-responses') return 'max_output_tokens';
  return dialect === 'openai-chat' && quirks.includes('max_completion_tokens') ? 'max_completion_tokens' : 'max_tokens';
}

const DEMO = 'demo:';

/** The caller's own dialect where the provider speaks it, else the first that the call can be brought to. */
function chooseServed(
  { id, serves }: UpstreamProvider,
  { endpoint, dialect }: { readonly endpoint: Endpoint; readonly dialect: Dialect },
): Result<UpstreamProvider['serves'][number], string> {
  const fitting = serves.filter((entry) => entry.endpoint === endpoint);
  const own = fitting.find((entry) => entry.dialect === dialect && findDialect(dialect)?.upstream != null);
  const chosen = own ?? fitting.find((entry) => translates(dialect, entry.dialect));
  if (chosen !== undefined) return ok(chosen);
  const spoken = fitting.map((entry) => entry.dialect).join(', ') || 'nothing';
  return fail(`provider ${id} serves ${endpoint} in ${spoken}, to which ${dialect} cannot be brought`);
}

/** A model is one segment of the path, whatever stands in its name. */
function pathOf(template: string, upstreamModel: string): string | null {
  if (!template.includes('{model}')) return template;
  return upstreamModel === '*' ? null : template.replaceAll('{model}', () => encodeURIComponent(upstreamModel));
}

export function readAddress(
  provider: UpstreamProvider,
  path: string,
): Result<{ readonly origin: string; readonly path: string }, string> {
  if (provider.baseUrl === DEMO) return ok({ origin: DEMO, path });
  if (!URL.canParse(provider.baseUrl)) return fail(`the base URL of provider ${provider.id} is no URL`);
  const url = new URL(provider.baseUrl);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return fail(`the base URL of provider ${provider.id} is not HTTP`);
  if (url.username !== '' || url.password !== '')
    return fail(`the base URL of provider ${provider.id} holds a user name or password`);
  return ok({ origin: url.origin, path: `${url.pathname.replace(/\/+$/, '')}${path}` });
}

/** One writer per kind of the closed union. */
export function authHeaders({ id, auth }: UpstreamProvider, secret: string | null): Result<readonly string[], string> {
  if (auth.type === 'none') return ok([]);
  if (secret === null) return fail(`provider ${id} wants a credential and its deployment has none`);
  if (auth.type === 'bearer') return ok(['authorization', `Bearer ${secret}`]);
  if (auth.type === 'header') return ok([auth.header.toLowerCase(), secret]);
  // A key of the resource; what is JSON is a client of Entra, whose token nobody buys yet.
  if (auth.type === 'azure' && !secret.startsWith('{')) return ok(['api-key', secret]);
  return fail(`provider ${id} wants a signature of the kind ${auth.type}, which this adapter cannot write`);
}
