import { Refusal } from '../engine/refusal.js';
import type { Vendor } from '../engine/vendor.js';

/** A prompt against the rules gets no error: 200 with a `promptFeedback`, see `@refuse`. */
export const GOOGLE_TROUBLES: Vendor['troubles'] = {
  'context-window': () =>
    new Refusal('invalid', 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).'),
  quota: () =>
    new Refusal('rate_limited', 'You exceeded your current quota, please check your plan and billing details.', {
      retryAfterMs: 34_400,
      extra: {
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
            violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }],
          },
        ],
      },
    }),
};
