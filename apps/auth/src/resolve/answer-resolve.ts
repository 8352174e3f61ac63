import type { TokenResolveReply } from '@tollgate/contracts';
import { type ControlPool, STALE } from '../database/control-pool.js';
import { resolveToken } from './resolve-token.js';

/** The one answer to both ways of asking. */
export async function answerResolve(pool: ControlPool, publicId: string): Promise<TokenResolveReply> {
  const reply = await pool.run((client) => resolveToken(client, publicId));
  return reply === STALE ? { status: 'stale' } : reply;
}
