import type { Dialect } from '../canonical/dialect.js';
import { readError } from './read-error.js';
import { createStreamReader, readReply } from './read-reply.js';
import { writeRequest } from './write-request.js';

export const mistral: Dialect = {
  name: 'mistral',
  streamType: 'text/event-stream',
  caller: null,
  upstream: { writeRequest, readReply, createStreamReader, readError },
};
