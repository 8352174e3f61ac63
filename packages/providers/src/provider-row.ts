import type { Dialect, Endpoint, ProviderAuth } from '@tollgate/contracts';

/**
 * Where a vendor departs from the dialect it speaks; each is obeyed in one place of provider-adapters.
 * `stream_usage_unasked`: usage comes in a stream without `stream_options`, which must not be added.
 * `max_completion_tokens`: a bound of the output that we put in goes under this name; `max_tokens` is refused by some models.
 */
export const QUIRKS = ['stream_usage_unasked', 'max_completion_tokens'] as const;
export type Quirk = (typeof QUIRKS)[number];

export interface ServedEndpoint {
  readonly endpoint: Endpoint;
  readonly dialect: Dialect;
  /** Appended to the base URL. */
  readonly path: string;
}

/** A vendor as data. */
export interface ProviderRow {
  /** First part of `provider/model`; never renamed. */
  readonly name: string;
  readonly title: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly auth: ProviderAuth;
  readonly serves: readonly ServedEndpoint[];
  /** Variables that hold the key, the vendor's own name first; the first that is set counts. */
  readonly keyVariables: readonly string[];
  /** Variable that holds another base URL, and how its text becomes one. */
  readonly baseUrlVariable: { readonly name: string; readonly form: 'url' | 'ollama_host' } | null;
  readonly quirks: readonly Quirk[];
  /** Id in @pydantic/genai-prices, null where it does not know the vendor. */
  readonly pricesId: string | null;
  /** Runs on the operator's own machine or network, so that loopback and private addresses are meant. */
  readonly localByDefault: boolean;
  /** The vendor's page that says how to call it. */
  readonly docs: string;
  /** How base URL, variable and path were checked. */
  readonly verified: 'recording' | 'docs';
  /** What an operator should know. */
  readonly note?: string;
}
