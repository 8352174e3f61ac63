import { z } from 'zod';

/** Permissions in the whole organisation (`teamId` null) or for what belongs to one team. */
export const GrantSchema = z.object({ teamId: z.string().nullable(), permissions: z.array(z.string()) });
export type Grant = z.infer<typeof GrantSchema>;

/** HMAC-SHA256 of the cookie's text under each live pepper, base64url: the text itself stays in the process that got it. */
export const SessionResolveRequestSchema = z.object({ digests: z.array(z.string().length(43)).min(1).max(2) });
export type SessionResolveRequest = z.infer<typeof SessionResolveRequestSchema>;

export const SessionSnapshotSchema = z.object({
  id: z.string(),
  userId: z.string(),
  organisationId: z.string(),
  /** Of the operating organisation: may touch what belongs to the installation. */
  operator: z.boolean(),
  grants: z.array(GrantSchema),
});
export type SessionSnapshot = z.infer<typeof SessionSnapshotSchema>;

/** Asked for at each request and never cached: whoever was signed out is refused at the next one. */
export const SessionResolveReplySchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('found'), session: SessionSnapshotSchema }),
  z.object({ status: z.literal('unknown') }),
  z.object({ status: z.literal('stale') }),
]);
export type SessionResolveReply = z.infer<typeof SessionResolveReplySchema>;
