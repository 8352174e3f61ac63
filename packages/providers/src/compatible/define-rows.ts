import type { CredentialCheck } from '@tollgate/contracts';
import type { ProviderRow, ServedEndpoint } from '../provider-row.js';

/** What vendors serve at OpenAI's own paths. */
const OPENAI_PATHS = {
  chat: { endpoint: 'chat.completions', dialect: 'openai-chat', path: '/chat/completions' },
  responses: { endpoint: 'chat.completions', dialect: 'openai-responses', path: '/responses' },
  embeddings: { endpoint: 'embeddings', dialect: 'openai-embeddings', path: '/embeddings' },
  models: { endpoint: 'models', dialect: 'openai-models', path: '/models' },
  completions: { endpoint: 'completions', dialect: 'openai-completions', path: '/completions' },
  images: { endpoint: 'images.generations', dialect: 'openai-images', path: '/images/generations' },
  image_edits: { endpoint: 'images.edits', dialect: 'openai-images', path: '/images/edits' },
  speech: { endpoint: 'audio.speech', dialect: 'openai-audio', path: '/audio/speech' },
  transcriptions: { endpoint: 'audio.transcriptions', dialect: 'openai-audio', path: '/audio/transcriptions' },
  translations: { endpoint: 'audio.translations', dialect: 'openai-audio', path: '/audio/translations' },
  moderations: { endpoint: 'moderations', dialect: 'openai-moderations', path: '/moderations' },
  rerank: { endpoint: 'rerank', dialect: 'jina-rerank', path: '/rerank' },
} as const satisfies Record<string, ServedEndpoint>;

export type OpenAiEndpoint = keyof typeof OPENAI_PATHS;

/** The endpoints at OpenAI's paths, below a prefix. */
export const servesOpenAi = (endpoints: readonly OpenAiEndpoint[], prefix = ''): ServedEndpoint[] =>
  endpoints.map((name) => ({ ...OPENAI_PATHS[name], path: `${prefix}${OPENAI_PATHS[name].path}` }));

type Given = 'name' | 'title' | 'baseUrl' | 'keyVariables' | 'docs';

export interface CompatibleRow extends Pick<ProviderRow, Given>, Partial<Omit<ProviderRow, Given | 'serves' | 'check' | 'kind'>> {
  /** Only what the vendor's documentation or SDK shows. */
  readonly endpoints: readonly OpenAiEndpoint[];
  /** Before each of their paths. */
  readonly pathPrefix?: string;
  /** `models`: their list, where the documentation asks for a key; another path that is free; null where none is documented. */
  readonly check: 'models' | `/${string}` | CredentialCheck | null;
}

/** Rows of vendors that speak OpenAI's dialects as they are: base URL + path, key as bearer. */
export const defineRows = (kind: ProviderRow['kind'], rows: readonly CompatibleRow[]): readonly ProviderRow[] =>
  rows.map(({ endpoints, pathPrefix, check, ...row }) => ({
    kind,
    settings: [],
    auth: { type: 'bearer' },
    headers: {},
    serves: servesOpenAi(endpoints, pathPrefix),
    baseUrlVariable: null,
    quirks: [],
    errors: 'openai',
    check: checkOf(check, pathPrefix ?? ''),
    pricesId: null,
    localByDefault: false,
    verified: 'docs',
    ...row,
  }));

function checkOf(check: CompatibleRow['check'], prefix: string): CredentialCheck | null {
  if (check === null || typeof check === 'object') return check;
  return { method: 'GET', path: check === 'models' ? `${prefix}/models` : check, expect: 200 };
}
