export type { FirstTokens } from './first-tokens.js';
export { readyText } from './print-ready.js';
