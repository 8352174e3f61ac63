import { createHmac } from 'node:crypto';

const SECRET = 'simulated-thought-signatures';

/** A signature over reasoning, opaque to callers: what comes back later must be what was said, byte for byte. */
export const signThought = (vendor: string, thought: string): string =>
  Buffer.concat([Buffer.from([0x12, 0x20]), createHmac('sha256', SECRET).update(`${vendor}\n${thought}`).digest()]).toString(
    'base64',
  );
