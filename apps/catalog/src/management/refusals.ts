import { TollgateError } from '@tollgate/kernel';
import { etagMatches, etagOf } from '@tollgate/nest';
import type { Act } from '../audit/current-act.js';
import type { Origin } from '../store/session.js';

export const notFound = (what: string): TollgateError => new TollgateError('not_found', `There is no such ${what}.`);

const OWNERS: Readonly<Record<Exclude<Origin, 'api'>, string>> = {
  builtin: 'is built in',
  environment: "comes from the provider adapters' environment: change it there",
  file: 'is declared in tollgate.yaml: change it there',
};

/** Whoever sent `If-Match` changes what they have read, or nothing. To be called under the catalogue's lock. */
export function assertUnchanged({ ifMatch }: Act, view: { readonly revision: number }): void {
  if (ifMatch === null || etagMatches(ifMatch, etagOf(view))) return;
  throw new TollgateError('precondition_failed', 'It has been changed in the meantime: read it again.');
}

/** Refuses to change what somebody else owns. */
export function assertOwn(origin: Origin, what: string): void {
  if (origin !== 'api') throw new TollgateError('conflict', `The ${what} ${OWNERS[origin]}.`);
}
