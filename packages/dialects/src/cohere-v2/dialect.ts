import type { Dialect } from '../canonical/dialect.js';
import { readError } from './read-error.js';
import { readReply } from './read-reply.js';
import { createStreamReader } from './stream-reader.js';
import { writeRequest } from './write-request.js';

export const cohereV2: Dialect = {
  name: 'cohere-v2',
  streamType: 'text/event-stream',
  caller: null,
  upstream: { writeRequest, readReply, createStreamReader, readError },
};
