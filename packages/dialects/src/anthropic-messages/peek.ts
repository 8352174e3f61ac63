// The members that policy reads have the same names and types here as in OpenAI's grammar (`model`, `stream`, `max_tokens`,
// `messages`, `tools`); those that this dialect lacks are then simply absent.
export { preparePeek } from '../openai-chat/peek.js';
