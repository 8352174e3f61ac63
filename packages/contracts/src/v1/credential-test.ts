import { z } from 'zod';
import { CredentialCheckSchema, CredentialSchema, UpstreamProviderSchema } from './catalog.js';

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
  /** The provider has answered, whatever it said; absent = it was not asked. */
  reached: z.boolean().optional(),
  /** For an administrator; no secret and nothing that the provider said but its status. */
  detail: z.string(),
});
export type CredentialTestReply = z.infer<typeof CredentialTestReplySchema>;

/** Asks an adapter whether what has been failing answers again, by a call that costs nothing. */
export const UpstreamProbeRequestSchema = z.object({ v: z.literal(1), deploymentId: z.string() });
export type UpstreamProbeRequest = z.infer<typeof UpstreamProbeRequestSchema>;
