import { writeError } from '@tollgate/dialects';
import { type Ingress, ingressOf, marks } from '../ingress.js';

const ENDS = marks('"response.completed"', '"response.incomplete"', '"response.failed"');

/**
 * OpenAI's responses (https://platform.openai.com/docs/api-reference/responses/create). What a vendor stores counts as input:
 * nobody here knows how long the earlier response or the conversation is that a request names.
 */
export const RESPONSES: Ingress = {
  ...ingressOf('/v1/responses', 'openai-responses', {
    references: {
      images: marks('"input_image"', '"computer_screenshot"'),
      audio: marks('"input_audio"'),
      fetched: marks(
        '"previous_response_id"',
        '"conversation"',
        '"prompt"',
        '"item_reference"',
        '"file_id"',
        '"file_url"',
        '"web_search',
        '"file_search"',
        '"code_interpreter"',
        '"mcp"',
      ),
    },
    isLast: (chunk) => {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      return ENDS.some((end) => bytes.includes(end));
    },
  }),
  // The envelope is that of all of OpenAI's paths, with the gateway's own codes.
  writeError: (failure) => writeError(failure),
};
