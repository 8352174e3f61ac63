export { type FirstTokens, readyText } from './print-ready.js';
