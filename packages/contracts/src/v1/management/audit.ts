import { z } from 'zod';
import { lineOf } from './line.js';
import { defineOperations } from './operation.js';
import { PageQuerySchema, pageOf } from './page.js';

const HashSchema = z.string().regex(/^[0-9a-f]{64}$/);
const seq = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
/** RFC 3339 with an offset. */
const TimeSchema = z.iso.datetime({ offset: true });
const name = lineOf(200);

/**
 * One event, in the form that its hash is made over: SHA-256 of the canonical JSON (RFC 8785) of all fields but `hash`.
 * The same form stands in the export.
 */
export const AuditEventViewSchema = z.object({
  /** The organisation. */
  tenant: z.string(),
  /** 1, 2, 3 ... without a gap. */
  seq: z.int(),
  time: z.string(),
  actor: z.object({
    type: z.enum(['token', 'user', 'system']),
    id: z.string(),
    public_id: z.string().nullable(),
    secret_id: z.string().nullable(),
    on_behalf_of: z.string().nullable(),
  }),
  /** `token.created`; what was refused is `access.denied`. */
  action: z.string(),
  target: z.object({ type: z.string(), id: z.string(), name: z.string().nullable() }),
  decision: z.enum(['allowed', 'denied']),
  reason: z.string().nullable(),
  request_id: z.string().nullable(),
  trace_id: z.string().nullable(),
  ip: z.string().nullable(),
  user_agent: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  prev_hash: HashSchema,
  hash: HashSchema,
});
export type AuditEventView = z.infer<typeof AuditEventViewSchema>;

/** A signed statement: at `seq` the chain of the tenant had this hash. */
export const AuditCheckpointViewSchema = z.object({
  tenant: z.string(),
  seq: z.int(),
  hash: HashSchema,
  time: z.string(),
  /** SHA-256 of the canonical JSON of the whole checkpoint before; 64 zeros before the first. */
  prev_checkpoint_hash: HashSchema,
  key_id: z.string(),
  /** Ed25519, base64url, over `tollgate-audit-checkpoint-v1`, a line feed and the canonical JSON of all other fields. */
  signature: z.string(),
});
export type AuditCheckpointView = z.infer<typeof AuditCheckpointViewSchema>;

export const AuditKeyViewSchema = z.object({
  /** RFC 7638 thumbprint of the key, SHA-256, base64url. */
  id: z.string(),
  algorithm: z.literal('Ed25519'),
  /** The 32 raw bytes, base64url. */
  public_key: z.string(),
  first_used_at: z.string(),
  /** Signs now; the others signed earlier. */
  active: z.boolean(),
});
export type AuditKeyView = z.infer<typeof AuditKeyViewSchema>;

export const ListAuditEventsQuerySchema = PageQuerySchema.extend({
  /** Id of a token, a user or a part of the system, or the public id of a token. */
  actor: name.optional(),
  /** Id of what was acted on. */
  target: name.optional(),
  /** `token.created`, or `token.*` for all that begin so. */
  action: z
    .string()
    .max(100)
    .regex(/^[a-z][a-z0-9_.-]*\*?$/, 'must be an action (token.created) or the beginning of one (token.*)')
    .optional(),
  decision: z.enum(['allowed', 'denied']).optional(),
  from: TimeSchema.optional(),
  /** Exclusive. */
  to: TimeSchema.optional(),
});
export type ListAuditEventsQuery = z.infer<typeof ListAuditEventsQuerySchema>;

export const ExportAuditQuerySchema = z.object({
  format: z.enum(['jsonl', 'csv']).default('jsonl'),
  from: TimeSchema.optional(),
  /** Exclusive. */
  to: TimeSchema.optional(),
  from_seq: seq.optional(),
  /** Inclusive. */
  to_seq: seq.optional(),
});
export type ExportAuditQuery = z.infer<typeof ExportAuditQuerySchema>;

const audit = { service: 'auth', tag: 'audit', method: 'GET' } as const;
const read = { ...audit, permission: 'admin:audit:read' } as const;

export const AUDIT_OPERATIONS = defineOperations({
  listAuditEvents: {
    ...read,
    path: '/api/v1/audit/events',
    summary: 'Search the audit trail, newest first',
    description: 'The search itself is audited, once per minute for the same caller and the same filter.',
    query: ListAuditEventsQuerySchema,
    answer: { status: 200, description: 'A page of events', schema: pageOf(AuditEventViewSchema) },
  },
  exportAudit: {
    ...read,
    path: '/api/v1/audit/export',
    summary: 'Export the audit trail, or a range of it',
    description:
      'As JSON lines (application/x-ndjson) it holds what `tollgate audit verify` needs: events, checkpoints and a signed header. ' +
      'As CSV (RFC 4180) it is for spreadsheets and cannot be verified. The export itself is audited.',
    query: ExportAuditQuerySchema,
    answer: {
      status: 200,
      description: 'The lines, as they are read',
      schema: z.string(),
      contentTypes: ['application/x-ndjson', 'text/csv'],
    },
    errors: ['overloaded'],
  },
  listAuditCheckpoints: {
    ...read,
    path: '/api/v1/audit/checkpoints',
    summary: 'List the signed checkpoints, newest first',
    description: 'Keep the newest one elsewhere from time to time: a trail that was cut behind it no longer verifies.',
    query: PageQuerySchema,
    answer: { status: 200, description: 'A page of checkpoints', schema: pageOf(AuditCheckpointViewSchema) },
  },
  listAuditKeys: {
    ...audit,
    permission: null,
    path: '/api/v1/audit/keys',
    summary: 'List the public keys that checkpoints are signed with',
    description: 'Open to everybody: whoever is given an export can verify it. Keys that no longer sign stay listed.',
    answer: { status: 200, description: 'The keys', schema: z.object({ data: z.array(AuditKeyViewSchema) }) },
  },
});
