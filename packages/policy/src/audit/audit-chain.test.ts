import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AUDIT_START, type AuditHead, chainAuditEvent, hashAuditEvent, verifyAuditChain } from './audit-chain.js';
import type { AuditEvent, AuditFact } from './audit-event.js';

const fact = (changes: Partial<AuditFact> = {}): AuditFact => ({
  time: '2026-01-15T12:00:00.000Z',
  actor: { type: 'token', id: 'tok_1', publicId: 'abc', secretId: 'sec_1', onBehalfOf: null },
  action: 'token.created',
  target: { type: 'token', id: 'tok_2', name: 'ci' },
  decision: 'allowed',
  reason: null,
  requestId: 'req_1',
  traceId: null,
  ip: '127.0.0.1',
  userAgent: 'curl/8',
  before: null,
  after: { name: 'ci', scopes: ['llm:*'] },
  ...changes,
});

function chain(length: number): { readonly events: AuditEvent[]; readonly end: AuditHead } {
  const events: AuditEvent[] = [];
  let end: AuditHead = AUDIT_START;
  for (let index = 0; index < length; index += 1) {
    const event = chainAuditEvent('org_1', end, fact({ reason: `r${index}` }));
    events.push(event);
    end = event;
  }
  return { events, end: { seq: end.seq, hash: end.hash } };
}

test('an untouched chain verifies to its head', () => {
  const { events, end } = chain(20);
  expect(verifyAuditChain('org_1', events, { end })).toEqual({ ok: true, value: end });
  expect(verifyAuditChain('org_1', events.slice(5), { start: events[4] as AuditEvent, end }).ok).toBe(true);
});

test('an edit, a deletion, a swap and a truncation are found at any place', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 12 }), fc.nat(), (length, pick) => {
      const at = pick % length;
      const { events, end } = chain(length);
      const flawOf = (changed: AuditEvent[]) => {
        const result = verifyAuditChain('org_1', changed, { end });
        return result.ok ? null : result.error.flaw;
      };
      const edited = { ...(events[at] as AuditEvent), reason: 'nothing to see' };
      expect(flawOf(events.with(at, edited))).toBe('edited');
      const { hash: _, ...open } = edited;
      // Its own hash made anew: then the next one does not follow, or the head differs.
      expect(flawOf(events.with(at, { ...open, hash: hashAuditEvent(open) }))).toBe('broken_link');
      expect(flawOf(events.toSpliced(at, 1))).toBe(at === length - 1 ? 'truncated' : 'gap');
      if (at > 0)
        expect(flawOf(events.with(at, events[at - 1] as AuditEvent).with(at - 1, events[at] as AuditEvent))).toBe('gap');
    }),
  );
});

test('every field of an event is covered by its hash', () => {
  const event = chainAuditEvent('org_1', AUDIT_START, fact());
  for (const key of Object.keys(event).filter((name) => name !== 'hash')) {
    const changed = { ...event, [key]: key === 'seq' ? 2 : 'changed' } as AuditEvent;
    expect(hashAuditEvent(changed), key).not.toBe(event.hash);
  }
});

test('the order of keys does not matter, so an export of any writer verifies', () => {
  const event = chainAuditEvent('org_1', AUDIT_START, fact());
  const turned = Object.fromEntries(Object.entries(event).reverse()) as unknown as AuditEvent;
  expect(hashAuditEvent(turned)).toBe(event.hash);
});

test('an event of another tenant does not belong', () => {
  const { events } = chain(2);
  expect(verifyAuditChain('org_2', events)).toEqual({ ok: false, error: { seq: 1, flaw: 'foreign' } });
});
