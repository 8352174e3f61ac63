import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chainAuditEvent } from './audit-chain.js';
import type { AuditEvent } from './audit-event.js';
import { readAuditPublicKey } from './audit-key.js';
import { canonicalText, hashCanonical } from './audit-record.js';
import { keyOf, makeExport } from './testing/make-export.js';
import {
  type AuditExportFlaw,
  type AuditExportSummary,
  AuditExportVerifier,
  type AuditVerifierSettings,
} from './verify-audit-export.js';

function verify(lines: readonly string[], settings: AuditVerifierSettings = {}): AuditExportFlaw | AuditExportSummary {
  const verifier = new AuditExportVerifier(settings);
  for (const line of lines) {
    const flaw = verifier.take(line);
    if (flaw !== null) return flaw;
  }
  return verifier.finish();
}
const flawOf = (lines: readonly string[], settings?: AuditVerifierSettings): string | null => {
  const result = verify(lines, settings);
  return 'flaw' in result ? result.flaw : null;
};
const publicKey = (seed: string) => {
  const key = readAuditPublicKey(keyOf(seed).publicKey);
  if (key === null) throw new Error('no key');
  return key;
};
type Entry = { event?: Record<string, unknown>; checkpoint?: Record<string, unknown> };
const parse = (line: string | undefined): Entry => JSON.parse(line ?? '') as Entry;

const whole = makeExport({ events: 30, every: 7 });

test('a whole export and a range of it are valid, also over a change of the key', () => {
  expect(verify(whole)).toMatchObject({ tenant: 'org_1', events: 30, first_seq: 1, last_seq: 30, checkpoints: 4 });
  expect(verify(makeExport({ events: 30, every: 7, after: 12 }))).toMatchObject({ events: 18, first_seq: 13, checkpoints: 3 });
  const rotated = makeExport({ events: 30, every: 7, laterKey: { from: 14, key: keyOf('cd') } });
  expect(verify(rotated)).toMatchObject({ key_ids: [keyOf('cd').id, keyOf('ab').id] });
  expect(flawOf(rotated, { pinned: [publicKey('ab'), publicKey('cd')] })).toBeNull();
  expect(flawOf(rotated, { pinned: [publicKey('cd')] })).toBe('signature');
  expect(verify(makeExport({ events: 0, every: 1 }))).toMatchObject({ events: 0 });
});

test('whatever byte of whatever line is changed, it is found at that line or where it shows next', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.integer({ min: 0x20, max: 0x7e }), (pickLine, pickAt, code) => {
      const at = pickLine % whole.length;
      const line = whole[at] as string;
      const place = pickAt % line.length;
      const character = String.fromCharCode(code);
      fc.pre(line[place] !== character && line.charCodeAt(place) < 0x7f);
      const result = verify(whole.with(at, line.slice(0, place) + character + line.slice(place + 1)));
      expect(result).toHaveProperty('flaw');
      expect((result as AuditExportFlaw).line).toBe(at + 1);
    }),
    { numRuns: 2_000 },
  );
});

test('a line that is removed, doubled, moved or cut off is found', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (one, two) => {
      const at = one % whole.length;
      const other = two % whole.length;
      expect(flawOf(whole.toSpliced(at, 1)), `without ${at}`).not.toBeNull();
      expect(flawOf(whole.toSpliced(at, 0, whole[at] as string)), `${at} twice`).not.toBeNull();
      expect(flawOf(whole.slice(0, at)), `only ${at}`).not.toBeNull();
      if (at !== other) {
        const swapped = whole.with(at, whole[other] as string).with(other, whole[at] as string);
        expect(flawOf(swapped), `${at} and ${other} swapped`).not.toBeNull();
      }
    }),
  );
});

/** Changes the event at a line and makes all hashes after it anew, as somebody without the signing key can. */
function rewrite(lines: readonly string[], from: number): string[] {
  let previous: string | null = null;
  return lines.map((line, index) => {
    const { event } = parse(line);
    if (event === undefined || index < from) return line;
    const { hash: _, ...open } = event;
    const changed = { ...open, ...(index === from ? { reason: 'nothing to see' } : { prev_hash: previous }) };
    previous = hashCanonical(changed);
    return canonicalText({ event: { ...changed, hash: previous } });
  });
}

test('a tail that was hashed anew is found, with a checkpoint behind it and without', () => {
  for (const [at, line] of whole.entries()) {
    if (parse(line).event === undefined) continue;
    expect(flawOf(rewrite(whole, at)), `from line ${at + 1}`).toBe(at > 32 ? 'broken_link' : 'checkpoint');
  }
});

test('the first event that cannot be trusted is named with its line', () => {
  expect(verify(whole.toSpliced(3, 1))).toEqual({
    line: 4,
    seq: 3,
    flaw: 'gap',
    detail: 'event 3 is missing before event 4',
  });
  const edited = whole.with(5, (whole[5] as string).replace('allowed', 'denied'));
  expect(verify(edited)).toMatchObject({ line: 6, seq: 5, flaw: 'edited' });
  expect(verify(whole.slice(0, -2))).toMatchObject({ flaw: 'truncated', seq: 29, line: whole.length - 1 });
});

test('events and checkpoints of another tenant do not belong', () => {
  const other = makeExport({ tenant: 'org_2', events: 30, every: 7 });
  expect(flawOf(whole.with(3, other[3] as string))).toBe('foreign');
  expect(flawOf(whole.with(8, other[8] as string))).toBe('foreign');
  expect(flawOf(whole.with(0, other[0] as string))).toBe('foreign');
});

test('a checkpoint signed by another key is found, and a whole forgery by the pinned key', () => {
  const forged = makeExport({ events: 30, every: 7, key: keyOf('ef') });
  expect(flawOf(whole.with(8, forged[8] as string))).toBe('signature');
  expect(flawOf(forged)).toBeNull();
  expect(flawOf(forged, { pinned: [publicKey('ab')] })).toBe('signature');
});

test('a trail that was cut or rewritten by the holder of the key contradicts a checkpoint kept elsewhere', () => {
  const kept = parse(whole[24]).checkpoint as { tenant: string; seq: number; hash: string };
  expect(kept.seq).toBe(21);
  expect(flawOf(whole, { witnesses: [kept] })).toBeNull();
  expect(flawOf(makeExport({ events: 20, every: 7 }), { witnesses: [kept] })).toBe('witness');
  expect(flawOf(whole, { witnesses: [{ ...kept, hash: '0'.repeat(64) }] })).toBe('witness');
  expect(flawOf(whole, { witnesses: [{ ...kept, tenant: 'org_2' }] })).toBe('witness');
});

test('nothing hides beside what is covered: a further field, another spelling, a further line', () => {
  const line = whole[2] as string;
  expect(flawOf(whole.with(2, line.replace('"action":', '"aaa":1,"action":')))).toBe('edited');
  expect(flawOf(whole.with(2, `${line} `))).toBe('malformed');
  expect(flawOf(whole.with(2, line.replace('token.created', 'token\\u002ecreated')))).toBe('malformed');
  expect(flawOf([...whole, ''])).toBe('malformed');
  const { event } = parse(whole.at(-1));
  const next = chainAuditEvent('org_1', { seq: 30, hash: String(event?.['hash']) }, eventFacts());
  expect(flawOf([...whole, canonicalText({ event: snake(next) })])).toBe('extra');
});

const eventFacts = () => ({
  time: '2026-01-15T12:00:00.000Z',
  actor: { type: 'system' as const, id: 'x', publicId: null, secretId: null, onBehalfOf: null },
  action: 'token.created',
  target: { type: 'token', id: 'tok_x', name: null },
  ...{ decision: 'allowed' as const, reason: null, requestId: null, traceId: null, ip: null, userAgent: null },
  ...{ before: null, after: null },
});

/** Written out here, and not by the code that is tested. */
const snake = (event: AuditEvent) => ({
  ...{ tenant: event.tenant, seq: event.seq, time: event.time, action: event.action, target: event.target },
  actor: { type: 'system', id: 'x', public_id: null, secret_id: null, on_behalf_of: null },
  ...{ decision: 'allowed', reason: null, request_id: null, trace_id: null, ip: null, user_agent: null },
  ...{ before: null, after: null, prev_hash: event.prevHash, hash: event.hash },
});
