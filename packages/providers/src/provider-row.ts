import type { CredentialCheck, Dialect, Endpoint, ProviderAuth } from '@tollgate/contracts';
import type { ErrorShape } from './errors/error-shapes.js';
import type { Quirk } from './quirks.js';

export interface ServedEndpoint {
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
  /**
   * Appended to the base URL. `{name}` is a setting of the row, filled when the provider is registered; `{model}` is the
   * upstream's name of the model, filled per deployment by the adapter.
   */
  readonly path: string;
  /** Where a streamed answer is asked for at another path. */
  readonly streamPath?: string;
}

/** What an operator must say of a provider beside its key: a region, a project, the name of a resource. Nothing secret. */
export interface ProviderSetting {
  readonly name: string;
  /** Variables that hold it, the vendor's own name first; the first that is set counts. */
  readonly variables: readonly string[];
  /** Source of a regular expression that the whole value must match; it keeps a value from leaving its place in a URL. */
  readonly pattern: string;
  /** What is expected, for errors: "the name of the resource, for instance my-company". */
  readonly expected: string;
  /** null = it must be given. */
  readonly fallback: string | null;
}

/** A vendor as data. */
export interface ProviderRow {
  /** First part of `provider/model`; never renamed. */
  readonly name: string;
  readonly title: string;
  /** What kind of place it is; the docs are grouped by it. */
  readonly kind: 'native' | 'lab' | 'cloud' | 'platform' | 'local' | 'retrieval' | 'demo';
  /** Without a trailing slash; may hold settings. */
  readonly baseUrl: string;
  /** Another base URL for some values of one setting, where a template does not reach. */
  readonly baseUrlBySetting?: { readonly setting: string; readonly values: Readonly<Record<string, string>> };
  readonly settings: readonly ProviderSetting[];
  /** `sigv4`'s region may hold a setting. */
  readonly auth: ProviderAuth;
  /** Sent with every call. */
  readonly headers: Readonly<Record<string, string>>;
  /** The vendor's own dialect of an endpoint first. */
  readonly serves: readonly ServedEndpoint[];
  /** Variables that hold the key, the vendor's own name first; the first that is set counts. */
  readonly keyVariables: readonly string[];
  /** Variable that holds another base URL, and how its text becomes one. */
  readonly baseUrlVariable: { readonly name: string; readonly form: 'url' | 'ollama_host' } | null;
  readonly quirks: readonly Quirk[];
  /** Where the fields stand in a body of an error. */
  readonly errors: ErrorShape;
  /** Its path may hold settings. null = the vendor documents no free call that tells a good key from a bad one. */
  readonly check: CredentialCheck | null;
  /** Id in @pydantic/genai-prices, null where it does not know the vendor. */
  readonly pricesId: string | null;
  /** Source of a regular expression: which models of that table are this row's, where the table holds those of other rows too. */
  readonly pricedModels?: string;
  /** Runs on the operator's own machine or network, so that loopback and private addresses are meant. */
  readonly localByDefault: boolean;
  /** The vendor's page that says how to call it. */
  readonly docs: string;
  /** How base URL, variable and path were checked. */
  readonly verified: 'recording' | 'docs';
  /** What an operator should know. */
  readonly note?: string;
}
