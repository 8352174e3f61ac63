import { z } from 'zod';
import { CredentialSchema, UpstreamProviderSchema } from './catalog.js';

/** A call that costs nothing and by which a provider tells a good key from a bad one. */
export const CredentialCheckSchema = z.object({
  method: z.literal('GET'),
  /** Appended to the base URL. */
  path: z.string(),
  /** The status of a good key. */
  expect: z.int(),
  /** Statuses of a bad key where they are not 401 and 403 alone. */
  refuses: z.array(z.int()).optional(),
  /** false: somebody may be answered without any key, so a good answer says something only where one without a key is refused. */
  asksForKey: z.boolean().optional(),
});
export type CredentialCheck = z.infer<typeof CredentialCheckSchema>;

/** Asks an adapter, which alone can open credentials, what a provider says to one. It is not stored anywhere yet, perhaps. */
export const CredentialTestRequestSchema = z.object({
  v: z.literal(1),
  provider: UpstreamProviderSchema,
  credential: CredentialSchema,
  check: CredentialCheckSchema,
});
export type CredentialTestRequest = z.infer<typeof CredentialTestRequestSchema>;

/** `unknown`: nothing was learnt of the key (out of reach, limited, busy, no such path, no way to ask). */
export const CREDENTIAL_TEST_OUTCOMES = ['accepted', 'refused', 'unknown'] as const;
export const CredentialTestReplySchema = z.object({
  outcome: z.enum(CREDENTIAL_TEST_OUTCOMES),
  /** For an administrator; no secret and nothing that the provider said but its status. */
  detail: z.string(),
});
export type CredentialTestReply = z.infer<typeof CredentialTestReplySchema>;
