export const DIALECT_NAMES = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
  'cohere-chat',
  'mistral-chat',
  'ollama-chat',
] as const;
export type DialectName = (typeof DIALECT_NAMES)[number];
