import { TollgateError } from '@tollgate/kernel';
import { etagMatches, etagOf } from '@tollgate/nest';
import type { Act } from './act.js';

/** Called with the row locked: whoever sent `If-Match` changes what they have read, or nothing. */
export function assertUnchanged({ ifMatch }: Act, row: { readonly revision: number }): void {
  if (ifMatch === null || etagMatches(ifMatch, etagOf(row))) return;
  throw new TollgateError('precondition_failed', 'It has been changed in the meantime: read it again.');
}
