import type { Dialect } from '../canonical/dialect.js';
import { readError, writeError } from './error.js';
import { preparePeek } from './peek.js';
import { readReply } from './read-reply.js';
import { readRequest } from './read-request.js';
import { createStreamReader } from './stream-reader.js';
import { createStreamWriter } from './stream-writer.js';
import { writeReply } from './write-reply.js';
import { writeRequest } from './write-request.js';

export const gemini: Dialect = {
  name: 'gemini',
  streamType: 'text/event-stream',
  caller: { preparePeek, readRequest, writeReply, createStreamWriter, writeError },
  upstream: { writeRequest, readReply, createStreamReader, readError },
};
