import { TollgateError } from '@tollgate/kernel';
import type { Origin } from '../store/session.js';

export const notFound = (what: string): TollgateError => new TollgateError('not_found', `There is no such ${what}.`);

const OWNERS: Readonly<Record<Exclude<Origin, 'api'>, string>> = {
  builtin: 'is built in',
  environment: "comes from the provider adapters' environment: change it there",
  file: 'is declared in tollgate.yaml: change it there',
};

/** Refuses to change what somebody else owns. */
export function assertOwn(origin: Origin, what: string): void {
  if (origin !== 'api') throw new TollgateError('conflict', `The ${what} ${OWNERS[origin]}.`);
}
