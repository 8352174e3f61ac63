import { TollgateError } from '@tollgate/kernel';
import { openKept } from '@tollgate/policy';
import type { Change } from '../changes/changes.js';
import { TokenEntity, type TokenRow } from '../database/entities.js';
import type { Mint } from '../tokens/create-token.js';
import { completeRotation } from './finish-rotation.js';
import { lockRotation, type RotationRow } from './rotation-rows.js';

/** One answer for a link that never was, was opened, is too old, or whose token is gone. */
export const noLink = (): TollgateError =>
  new TollgateError('not_found', 'This link does not lead anywhere: it was opened before, is too old, or was withdrawn.');

/** Gives the text of the new secret, once: with the same commit it works, and what was kept of it is gone. */
export async function openLink(
  change: Change,
  { peppers }: Mint,
  rotationId: string,
): Promise<{ readonly token: TokenRow; readonly text: string; readonly rotation: RotationRow }> {
  const { manager, now } = change;
  const rotation = await lockRotation(manager, rotationId);
  if (rotation === null || rotation.state !== 'pending' || rotation.kept === null || rotation.deadline_at.getTime() <= now) {
    throw noLink();
  }
  const token = await manager.findOneBy(TokenEntity, { id: rotation.token_id });
  if (token === null || token.status === 'revoked') throw noLink();
  const text = openKept(peppers, rotation.kept, rotation.id);
  if (text === null) throw noLink();
  return { token, text, rotation: await completeRotation(change, token, rotation) };
}
