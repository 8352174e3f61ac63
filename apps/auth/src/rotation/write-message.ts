import type { RotationMessage } from '@tollgate/contracts';
import { openKept, type PepperSet } from '@tollgate/policy';
import type { RotationRow } from './rotation-rows.js';

export interface MessageFacts {
  readonly name: string;
  readonly oldSecretEndsAt: Date | null;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  readonly peppers: PepperSet;
}

export interface WrittenMessage {
  /** The same for every attempt. */
  readonly id: string;
  readonly body: string;
}

export const linkUrl = (publicUrl: string, link: string): string => `${publicUrl}/secret-link#${link}`;

/** What is to be sent now; null where what was kept can no longer be opened: the pepper was exchanged twice. */
export function writeMessage(row: RotationRow, facts: MessageFacts): WrittenMessage | null {
  const message = messageOf(row, facts);
  if (message === null) return null;
  return { id: row.state === 'completed' ? `${row.id}.activated` : row.id, body: JSON.stringify(message) };
}

function messageOf(row: RotationRow, { name, oldSecretEndsAt, publicUrl, peppers }: MessageFacts): RotationMessage | null {
  const data = { token_id: row.token_id, name, secret_id: row.secret_id, rotation_id: row.id };
  if (row.state === 'completed') {
    const timestamp = (row.finished_at ?? row.created_at).toISOString();
    const ends = oldSecretEndsAt?.toISOString() ?? null;
    return { type: 'token.secret.activated', timestamp, data: { ...data, old_secret_ends_at: ends } };
  }
  const timestamp = row.created_at.toISOString();
  if (row.delivery === 'webhook') {
    const token = row.kept === null ? null : openKept(peppers, row.kept, row.id);
    return token === null ? null : { type: 'token.secret.issued', timestamp, data: { ...data, token } };
  }
  const link = row.kept_link === null ? null : openKept(peppers, row.kept_link, `${row.id}:link`);
  if (link === null) return null;
  const [url, expires_at] = [linkUrl(publicUrl, link), row.deadline_at.toISOString()];
  return { type: 'token.secret.link', timestamp, data: { ...data, url, expires_at } };
}
