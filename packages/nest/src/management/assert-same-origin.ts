import { TollgateError } from '@tollgate/kernel';
import type { FastifyRequest } from 'fastify';

export const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Browsers say with everything unsafe from which origin it comes, and no page can lie about that. Ours is the public URL,
 * or the host that the request itself was sent to (a browser does not let pages choose that either).
 */
export function assertSameOrigin({ headers }: Pick<FastifyRequest, 'headers'>, publicUrl: string): void {
  const { origin, host } = headers;
  if (origin === undefined) throw refused('With a session this needs an Origin header.');
  if (!URL.canParse(origin)) throw refused('This does not come from a page of this gateway.');
  const from = new URL(origin);
  if (from.origin === new URL(publicUrl).origin) return;
  if (host !== undefined && from.host === host && headers['sec-fetch-site'] !== 'cross-site') return;
  throw refused('This does not come from a page of this gateway.');
}

const refused = (message: string): TollgateError => new TollgateError('permission_denied', message);
