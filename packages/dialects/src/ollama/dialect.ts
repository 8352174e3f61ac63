import type { Dialect } from '../canonical/dialect.js';
import { readError } from './read-error.js';
import { readReply } from './read-reply.js';
import { createStreamReader } from './stream-reader.js';
import { writeRequest } from './write-request.js';

export const ollama: Dialect = {
  name: 'ollama',
  streamType: 'application/x-ndjson',
  caller: null,
  upstream: { writeRequest, readReply, createStreamReader, readError },
};
