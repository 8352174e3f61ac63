import { z } from 'zod';

/** What a router does where the body of a call holds one of our own tokens. `redact`: stars of the same number take the place of its secret. */
export const EXPOSURE_ACTIONS = ['off', 'alert', 'block', 'redact'] as const;
export type ExposureAction = (typeof EXPOSURE_ACTIONS)[number];

/** Where a caller is: never the whole address, nor what a program says of itself in full. */
const callerFields = {
  /** /24 of IPv4, /48 of IPv6; empty = unknown. */
  network: z.string().max(64),
  /** First product that the program names, without its version; empty = none. */
  userAgent: z.string().max(40),
};

/** A whole token under one pepper. The text itself is never sent. */
const DigestSchema = z.object({ pepperVersion: z.int().positive(), digest: z.string().max(64) });
export type TokenDigest = z.infer<typeof DigestSchema>;

const common = {
  /** ms since the epoch, of the latest. */
  at: z.int().positive(),
  /** Alike since the last report. */
  count: z.int().positive(),
  ...callerFields,
};

export const WatchSightingSchema = z.discriminatedUnion('kind', [
  /** A key that exists was refused. Only `proven` ones are known to come from somebody who has, or had, a secret of it. */
  z.object({
    kind: z.literal('refused'),
    publicId: z.string().regex(/^[0-9A-Za-z]{12}$/),
    /** The verdict of the check, or an error code. */
    reason: z.string().max(64),
    /** Where the secret was good and something else was not. */
    secretId: z.string().max(64).nullable(),
    /** Where it was not: what auth finds out which one it was by. */
    digests: z.array(DigestSchema).max(2),
    /** The scope that was asked for. */
    permission: z.string().max(200),
    ...common,
  }),
  /** Tokens that do not exist or are none, from one network. */
  z.object({ kind: z.literal('garbage'), ...common }),
  /** A token stood where none belongs. */
  z.object({
    kind: z.literal('exposed'),
    publicId: z.string().regex(/^[0-9A-Za-z]{12}$/),
    digests: z.array(DigestSchema).min(1).max(2),
    place: z.enum(['body', 'url', 'model']),
    /** Who sent it, where that is known. */
    callerTokenId: z.string().max(64).nullable(),
    callerOrganisationId: z.string().max(64).nullable(),
    /** What was done with the call. */
    done: z.enum(['passed', 'blocked', 'redacted']),
    ...common,
  }),
]);
export type WatchSighting = z.infer<typeof WatchSightingSchema>;

/** Sent in batches, what is alike counted together. */
export const WatchReportSchema = z.object({ v: z.literal(1), sightings: z.array(WatchSightingSchema).max(500) });
export type WatchReport = z.infer<typeof WatchReportSchema>;
/** `stale`: Postgres is out of reach, to be sent again. */
export const WatchReplySchema = z.object({ status: z.enum(['ok', 'stale']) });
export type WatchReply = z.infer<typeof WatchReplySchema>;
