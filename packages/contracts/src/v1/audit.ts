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

/** A change that another service has made and keeps in its outbox until auth has it in the trail. */
export const AuditRecordSchema = z.object({
  /** Unique: a record that comes twice is one event. */
  id: z.string().min(1).max(100),
  organisationId: z.string(),
  fact: z.object({
    /** RFC 3339, milliseconds, UTC. */
    time: z.iso.datetime(),
    actor: z.object({
      type: z.enum(['token', 'user', 'system']),
      id: z.string(),
      publicId: z.string().nullable(),
      secretId: z.string().nullable(),
      onBehalfOf: z.string().nullable(),
    }),
    action: z.string(),
    target: z.object({ type: z.string(), id: z.string(), name: z.string().nullable() }),
    decision: z.enum(['allowed', 'denied']),
    reason: z.string().nullable(),
    requestId: z.string().nullable(),
    traceId: z.string().nullable(),
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    before: z.json(),
    after: z.json(),
  }),
});
export type AuditRecord = z.infer<typeof AuditRecordSchema>;

export const AuditRecordsSchema = z.object({ records: z.array(AuditRecordSchema).max(1_000) });
export type AuditRecords = z.infer<typeof AuditRecordsSchema>;
