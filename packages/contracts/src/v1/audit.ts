import { z } from 'zod';

/** A refusal of the management API to a key that is known: what `auth.v1.audit.denied` carries. */
export const AuditDenialSchema = z.object({
  organisationId: z.string(),
  /** `user`: a person who has signed in, whose id then stands in `tokenId`; a key where it is absent. */
  actorType: z.enum(['token', 'user']).optional(),
  tokenId: z.string(),
  publicId: z.string().nullable(),
  /** null where the caller could not prove that the key is theirs. */
  secretId: z.string().nullable(),
  /** The scope that the operation needs. */
  permission: z.string(),
  /** `GET /api/v1/tokens/:id` */
  operation: z.string(),
  reason: z.string(),
  requestId: z.string().nullable(),
  ip: z.string().nullable(),
  userAgent: z.string().nullable(),
  /** Milliseconds since the epoch, of the first of them. */
  at: z.number(),
  /** How many refusals alike this stands for. */
  count: z.int().min(1),
});
export type AuditDenial = z.infer<typeof AuditDenialSchema>;

export const AuditDenialsSchema = z.object({ denials: z.array(AuditDenialSchema).max(1_000) });
export type AuditDenials = z.infer<typeof AuditDenialsSchema>;
