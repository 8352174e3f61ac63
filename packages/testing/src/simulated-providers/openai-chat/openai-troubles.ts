import { Refusal } from '../engine/refusal.js';
import type { Vendor } from '../engine/vendor.js';

/** https://platform.openai.com/docs/guides/error-codes */
export const OPENAI_TROUBLES: Vendor['troubles'] = {
  'context-window': (call) =>
    call.path.endsWith('/responses')
      ? new Refusal('invalid', 'Your input exceeds the context window of this model. Please adjust your input and try again.', {
          param: 'input',
          code: 'context_length_exceeded',
        })
      : new Refusal(
          'invalid',
          "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens. Please reduce the length of the messages.",
          { param: 'messages', code: 'context_length_exceeded' },
        ),
  // Of the same status as a rate limit, and no waiting helps.
  quota: () =>
    new Refusal('rate_limited', 'You exceeded your current quota, please check your plan and billing details.', {
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    }),
  'content-policy': () =>
    new Refusal(
      'invalid',
      'Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt.',
      {
        code: 'invalid_prompt',
      },
    ),
};
