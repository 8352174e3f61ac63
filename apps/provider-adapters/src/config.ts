import {
  booleanVariable,
  type EnvironmentOf,
  type EnvironmentSpec,
  integerVariable,
  optionalText,
  type VariableSpec,
} from '@tollgate/kernel';
import { UPSTREAM_NETWORKS_VARIABLE } from '@tollgate/policy';
import { PROVIDERS, providerVariables } from '@tollgate/providers';

const KEY_BYTES = 32;

const sealingKey: VariableSpec<Uint8Array> = {
  name: 'TOLLGATE_SEALING_KEY',
  purpose: 'Opens the provider credentials that the catalogue keeps sealed; only this service has it.',
  expected: 'base64url of 32 random bytes, for instance from: openssl rand 32 | basenc --base64url',
  secret: true,
  parse: (text) => {
    if (!/^[A-Za-z0-9_-]{43}=?$/.test(text)) return null;
    const bytes = Buffer.from(text, 'base64url');
    return bytes.length === KEY_BYTES ? new Uint8Array(bytes) : null;
  },
};

const own = {
  sealingKey,
  callsMax: integerVariable({
    name: 'TOLLGATE_ADAPTER_CALLS_MAX',
    purpose: 'Calls to providers that one adapter has under way at once.',
    min: 1,
    max: 1_000_000,
    fallback: 10_000,
  }),
  connectionsMax: integerVariable({
    name: 'TOLLGATE_ADAPTER_CONNECTIONS_MAX',
    purpose: 'Connections of one adapter to one provider; a call holds one for as long as it lasts.',
    min: 1,
    max: 100_000,
    fallback: 2_048,
  }),
  keepAliveMs: integerVariable({
    name: 'TOLLGATE_ADAPTER_KEEP_ALIVE_MS',
    purpose: 'How long an idle connection to a provider is kept.',
    min: 0,
    max: 600_000,
    fallback: 30_000,
  }),
  privateNetworks: UPSTREAM_NETWORKS_VARIABLE,
  tracesUpstream: booleanVariable({
    name: 'TOLLGATE_TRACE_UPSTREAM',
    purpose: 'Sends the traceparent header on to providers.',
    fallback: false,
  }),
};

const PROVIDER_PREFIX = 'provider:';
const names = providerVariables(PROVIDERS);
const ofProviders = Object.fromEntries(
  names.map((name) => [
    `${PROVIDER_PREFIX}${name}`,
    optionalText({ name, purpose: 'Opens or places a provider, as its own SDK reads it.', secret: true }),
  ]),
);

/** All that this service reads; no other service reads the variables of providers. */
export const ADAPTER_ENVIRONMENT: EnvironmentSpec = { ...ofProviders, ...own };

export interface AdapterConfig extends EnvironmentOf<typeof own> {
  /** Provider variables that are set: name -> value. Holds secrets. */
  readonly providerVariables: Readonly<Record<string, string>>;
}

export function adapterConfig(values: EnvironmentOf<EnvironmentSpec>): AdapterConfig {
  const providerVariables: Record<string, string> = {};
  for (const name of names) {
    const value = values[`${PROVIDER_PREFIX}${name}`];
    if (typeof value === 'string' && value.trim() !== '') providerVariables[name] = value.trim();
  }
  return { ...(values as EnvironmentOf<typeof own>), providerVariables };
}
