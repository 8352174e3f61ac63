import type { ProviderRow } from '../provider-row.js';

/** Answers inside the adapter, without key or network, so that a new installation can be tried. Its models are labelled as demo everywhere. */
export const provider: ProviderRow = {
  name: 'demo',
  title: 'Demo (built in, no real model)',
  baseUrl: 'demo:',
  auth: { type: 'none' },
  serves: [{ endpoint: 'chat.completions', dialect: 'openai-chat', path: '/chat/completions' }],
  keyVariables: [],
  baseUrlVariable: null,
  quirks: [],
  pricesId: null,
  localByDefault: false,
  docs: 'https://github.com/tollgate/tollgate#readme',
  verified: 'docs',
};
