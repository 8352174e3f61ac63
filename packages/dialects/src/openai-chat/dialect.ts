import type { Dialect } from '../canonical/dialect.js';
import { preparePeek } from './peek.js';
import { readCanonicalError } from './read-canonical-error.js';
import { readReply } from './read-reply.js';
import { readRequest } from './read-request.js';
import { createStreamReader } from './stream-reader.js';
import { createStreamWriter } from './stream-writer.js';
import { writeCanonicalError } from './write-canonical-error.js';
import { writeReply } from './write-reply.js';
import { writeRequest } from './write-request.js';

export const openaiChat: Dialect = {
  name: 'openai-chat',
  streamType: 'text/event-stream',
  caller: { preparePeek, readRequest, writeReply, createStreamWriter, writeError: writeCanonicalError },
  upstream: { writeRequest, readReply, createStreamReader, readError: readCanonicalError },
};
