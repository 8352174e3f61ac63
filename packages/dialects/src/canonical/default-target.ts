import type { Target } from './target.js';

const DEFAULTS: Omit<Target, 'model'> = {
  maxOutputTokens: null,
  maxTokensField: 'max_completion_tokens',
  jsonSchema: 'native',
  systemAnywhere: false,
  reasoning: 'effort',
  sampling: true,
  cacheMarks: 'none',
  reasoningField: 'none',
  signedCalls: false,
  streamUsage: true,
};

export const defaultTarget = (model: string, facts: Partial<Target> = {}): Target => ({ ...DEFAULTS, ...facts, model });
