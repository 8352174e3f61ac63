import { RESPONSES } from './responses.js';

const KEPT =
  'The gateway keeps no responses: a stored one can be read, cancelled or deleted only at the provider that made it, under the id that it gave.';
const UNKNOWN =
  'There is no such path. The gateway serves /v1/chat/completions, /v1/responses, /v1/messages, /v1/models and /v1beta/models/{model}:generateContent.';

/** Why nobody answers at that path. */
export const explainPath = (path: string): string => (path.startsWith(`${RESPONSES.path}/`) ? KEPT : UNKNOWN);
