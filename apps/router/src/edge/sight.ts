import type { IncomingMessage } from 'node:http';
import { clientAddress } from '@tollgate/nest';
import { type FoundToken, findTokens, findTokensInText, maskTokens } from '@tollgate/policy';
import type { Call, Gate } from './call.js';
import { refuseWith } from './refuse.js';

/** Tokens of one body that are reported; all of them are taken out or refused. */
const REPORTED_MAX = 8;
const NOBODY = { callerTokenId: null, callerOrganisationId: null } as const;

/** A token was refused; `reason` is for the watch alone. */
export function sightRefused(call: Call, reason: string): void {
  const { gate, parsed, scope } = call;
  if (parsed !== null) gate.sightings.refused(parsed, { reason, secretId: null, permission: scope }, call);
}

/** The token is good, and may not do that. */
export function sightDenied(call: Call, reason: string): void {
  const { gate, parsed, verified, scope } = call;
  if (parsed === null || verified === null) return;
  gate.sightings.refused(parsed, { reason, secretId: verified.secretId, permission: scope }, call);
}

/** Before anything is known of the caller. Whatever such a request is answered, it goes nowhere. */
export function sightUrl(gate: Gate, request: IncomingMessage): void {
  const found = findTokensInText(request.url ?? '', gate.brand);
  if (found.length === 0) return;
  const caller = { address: clientAddress(request), userAgent: request.headers['user-agent'] };
  for (const { token } of found) gate.sightings.exposed(token, { ...NOBODY, place: 'url', done: 'blocked' }, caller);
}

export function sightModel(call: Call, model: string): void {
  for (const { token } of findTokensInText(model, call.gate.brand)) {
    call.gate.sightings.exposed(token, { ...callerOf(call), place: 'model', done: 'blocked' }, call);
  }
}

/**
 * Looks for tokens of ours in the body, in prompts and arguments of tools alike, and does with them what the organisation of
 * the caller wants done. False = the call was refused.
 */
export function guardBody(call: Call): boolean {
  const action = call.verified?.token.exposure ?? 'alert';
  if (action === 'off') return true;
  const found = findTokens(call.body, call.gate.brand);
  if (found.length === 0) return true;
  report(call, found, action === 'block' ? 'blocked' : action === 'redact' ? 'redacted' : 'passed');
  if (action === 'redact') maskTokens(call.body, found);
  if (action !== 'block') return true;
  const message = 'The body holds an API token of this gateway: take it out, and rotate it.';
  refuseWith(call, 'invalid_request', message);
  return false;
}

function report(call: Call, found: readonly FoundToken[], done: 'passed' | 'blocked' | 'redacted'): void {
  const different = new Map(found.map(({ token }) => [token.text, token]));
  for (const token of [...different.values()].slice(0, REPORTED_MAX)) {
    call.gate.sightings.exposed(token, { ...callerOf(call), place: 'body', done }, call);
  }
}

const callerOf = ({ verified }: Call) => ({
  callerTokenId: verified?.tokenId ?? null,
  callerOrganisationId: verified?.organisationId ?? null,
});
