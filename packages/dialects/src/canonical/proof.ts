import type { Signature, ThoughtFormat } from './part.js';

/**
 * A dialect's place for a proof (Anthropic's `signature`, OpenAI's `encrypted_content`) also carries those of other vendors to
 * a caller and back: `tollgate:<format>:<id>:<data>`. The vendors' own are base64 and so have no colon.
 */
const PREFIX = 'tollgate:';
const FORMATS: ReadonlySet<string> = new Set<ThoughtFormat>(['anthropic', 'google', 'openai', 'bedrock']);

export const writeProof = (proof: Signature, own: ThoughtFormat, id = ''): string =>
  proof.format === own ? proof.data : `${PREFIX}${proof.format}:${id}:${proof.data}`;

export interface Proof {
  readonly proof: Signature;
  readonly id?: string;
}

export function readProof(text: string, own: ThoughtFormat): Proof {
  if (text.startsWith(PREFIX)) {
    const formatEnd = text.indexOf(':', PREFIX.length);
    const idEnd = text.indexOf(':', formatEnd + 1);
    const format = text.slice(PREFIX.length, formatEnd);
    if (formatEnd > 0 && idEnd > 0 && FORMATS.has(format)) {
      const id = text.slice(formatEnd + 1, idEnd);
      return { proof: { format: format as ThoughtFormat, data: text.slice(idEnd + 1) }, id: id === '' ? undefined : id };
    }
  }
  return { proof: { format: own, data: text } };
}
