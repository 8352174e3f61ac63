import { servesOpenAi } from '../compatible/define-rows.js';
import type { ProviderRow } from '../provider-row.js';

/** Answers inside the adapter, without key or network, so that a new installation can be tried. Its models are labelled as demo everywhere. */
export const provider: ProviderRow = {
  name: 'demo',
  title: 'Demo (built in, no real model)',
  kind: 'demo',
  baseUrl: 'demo:',
  settings: [],
  auth: { type: 'none' },
  headers: {},
  serves: servesOpenAi(['chat']),
  keyVariables: [],
  baseUrlVariable: null,
  quirks: [],
  errors: 'openai',
  check: null,
  pricesId: null,
  localByDefault: false,
  docs: 'https://github.com/tollgate/tollgate#readme',
  verified: 'docs',
};
