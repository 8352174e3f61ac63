import type { Result } from '@tollgate/kernel';
import { TollgateError } from '@tollgate/kernel';
import type { RotationRefusal, SecretStep } from '@tollgate/policy';
import type { TokenRow } from '../database/entities.js';

const MESSAGES: Readonly<Record<RotationRefusal, string>> = {
  two_usable: 'Two secrets of this token work already: end the older one first, or force the rotation, which ends it.',
  rotation_under_way:
    'A new secret of this token is on its way and not acknowledged yet: revoke it first, or force the rotation, which does.',
  no_active_secret: 'This token has no active secret.',
  not_pending: 'This secret is no longer waiting for its delivery.',
  active_secret: 'This is the active secret: rotate the token with an overlap of 0 to end it, or revoke the token.',
  unknown_secret: 'There is no such secret of this token.',
};

/** The steps, or the refusal as the API says it. */
export function stepsOf(planned: Result<readonly SecretStep[], RotationRefusal>): readonly SecretStep[] {
  if (planned.ok) return planned.value;
  throw new TollgateError(planned.error === 'unknown_secret' ? 'not_found' : 'conflict', MESSAGES[planned.error]);
}

export function assertRotatable(row: TokenRow): void {
  if (row.status === 'revoked') throw new TollgateError('conflict', 'A revoked token stays as it is: make a new one.');
}
