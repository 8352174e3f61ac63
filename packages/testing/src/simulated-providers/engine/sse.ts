import { type Frame, frame } from './vendor.js';

/** `event: NAME` and `data: JSON`, as Anthropic, Cohere and OpenAI's responses send them. */
export const namedEvent = (name: string, value: unknown, content = false): Frame =>
  frame(`event: ${name}\ndata: ${JSON.stringify(value)}\n\n`, content);

/** `data: JSON` alone. */
export const dataEvent = (value: unknown, content = false): Frame => frame(`data: ${JSON.stringify(value)}\n\n`, content);

export const SSE_TYPE = 'text/event-stream; charset=utf-8';
