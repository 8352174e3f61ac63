import type { Dialect } from '../canonical/dialect.js';
import { readCanonicalError } from '../openai-chat/read-canonical-error.js';
import { writeCanonicalError } from '../openai-chat/write-canonical-error.js';
import { preparePeek } from './peek.js';
import { readReply } from './read-reply.js';
import { readRequest } from './read-request.js';
import { createStreamReader } from './stream-reader.js';
import { createStreamWriter } from './stream-writer.js';
import { writeReply } from './write-reply.js';
import { writeRequest } from './write-request.js';

export const openaiResponses: Dialect = {
  name: 'openai-responses',
  streamType: 'text/event-stream',
  caller: { preparePeek, readRequest, writeReply, createStreamWriter, writeError: writeCanonicalError },
  upstream: { writeRequest, readReply, createStreamReader, readError: readCanonicalError },
};
