import { Inject, Injectable } from '@nestjs/common';
import type {
  OpenedSecret,
  Page,
  PageQuery,
  PutRotationSchedule,
  RotatedToken,
  RotateToken,
  Rotation,
  RotationSchedule,
  Token,
  TokenSecretView,
} from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, InvalidFieldsError, PUBLIC_URL } from '@tollgate/nest';
import { DEFAULT_BRAND, type Network } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import { type Act, systemAct } from '../changes/act.js';
import { Changes } from '../changes/changes.js';
import type { Mint } from '../tokens/create-token.js';
import { findSecrets, findToken } from '../tokens/find-token.js';
import { MINT } from '../tokens/mint-token.js';
import { viewToken } from '../tokens/token-view.js';
import { exampleModel } from '../tokens/tokens.service.js';
import { writeSnippets } from '../tokens/write-snippets.js';
import { WEBHOOK_NETWORKS } from './deliveries.js';
import { listSecrets } from './list-secrets.js';
import { noLink, openLink } from './open-link.js';
import { digestLink } from './prepare-rotation.js';
import { deleteSchedule, putSchedule } from './put-schedule.js';
import { revokeSecret } from './revoke-secret.js';
import { findRotatable, rotateByLink, rotateToken } from './rotate-token.js';
import { type RotationRow, viewRotation } from './rotation-rows.js';
import { assertScheduled, scheduleOf, viewSchedule } from './schedule-rows.js';
import { startNow } from './start-due.js';
import { linkUrl } from './write-message.js';

export type Place = Pick<Act, 'requestId' | 'ip' | 'userAgent'>;

/** The use cases of rotation, each in its transaction. */
@Injectable()
export class RotationService {
  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(PUBLIC_URL) private readonly publicUrl: string,
    @Inject(WEBHOOK_NETWORKS) private readonly networks: readonly Network[],
  ) {}

  rotate(act: Act, id: string, asked: RotateToken): Promise<RotatedToken> {
    const { mint, publicUrl } = this;
    return this.changes.make(act, async (change) => {
      if (asked.delivery === 'one_time_link') {
        const { prepared } = await rotateByLink(change, mint, id, asked);
        const link = { url: linkUrl(publicUrl, prepared.link ?? ''), expires_at: prepared.row.deadline_at.toISOString() };
        const view = await this.view(change.manager, act, id);
        return { ...view, secret_id: prepared.row.secret_id, token: null, snippets: [], link };
      }
      const { row, secret } = await rotateToken(change, mint, id, asked);
      const snippets = row.type === 'k' ? writeSnippets(publicUrl, secret.text, exampleModel(row)) : [];
      return { ...(await this.view(change.manager, act, id)), secret_id: secret.id, token: secret.text, snippets, link: null };
    });
  }

  listSecrets(act: Act, id: string): Promise<{ data: readonly TokenSecretView[] }> {
    return this.changes.read(async (manager) => {
      await findToken(manager, act, id, false);
      return { data: await listSecrets(manager, id, this.clock.now()) };
    });
  }

  revokeSecret(act: Act, id: string, secretId: string): Promise<Token> {
    return this.changes.make(act, async (change) => {
      await revokeSecret(change, id, secretId);
      return this.view(change.manager, act, id);
    });
  }

  getSchedule(act: Act, id: string): Promise<RotationSchedule> {
    return this.changes.read(async (manager) => {
      await findToken(manager, act, id, false);
      return viewSchedule(assertScheduled(await scheduleOf(manager, id)), null);
    });
  }

  putSchedule(act: Act, id: string, asked: PutRotationSchedule): Promise<RotationSchedule> {
    const { mint, networks } = this;
    return this.changes.run(act, async (change) => {
      const { row, signingSecret } = await putSchedule(change, { mint, networks }, id, asked);
      return viewSchedule(row, signingSecret);
    });
  }

  deleteSchedule(act: Act, id: string): Promise<void> {
    return this.changes.run(act, (change) => deleteSchedule(change, id));
  }

  runNow(act: Act, id: string): Promise<Rotation> {
    return this.changes.make(act, async (change) => {
      const token = await findRotatable(change, id);
      const schedule = assertScheduled(await scheduleOf(change.manager, id));
      return viewRotation(await startNow(change, this.mint, token, schedule));
    });
  }

  listRotations(act: Act, id: string, { cursor, limit }: PageQuery): Promise<Page<Rotation>> {
    return this.changes.read(async (manager) => {
      await findToken(manager, act, id, false);
      const rows: RotationRow[] = await manager.query(
        'SELECT * FROM auth.rotations WHERE token_id = $1 AND ($2::text IS NULL OR id < $2) ORDER BY id DESC LIMIT $3',
        [id, cursor === undefined ? null : readCursor(cursor), limit + 1],
      );
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      return {
        data: shown.map(viewRotation),
        next_cursor: last === undefined ? null : Buffer.from(last.id).toString('base64url'),
        has_more: last !== undefined,
      };
    });
  }

  /** Whoever has the link acts, and nobody knows who that is: the trail has their address. */
  async openLink(place: Place, link: string): Promise<OpenedSecret> {
    const rows: Pick<RotationRow, 'id' | 'organisation_id'>[] = await this.changes.read((manager) =>
      manager.query('SELECT id, organisation_id FROM auth.rotations WHERE link_digest = $1', [digestLink(link)]),
    );
    const [found] = rows;
    if (found === undefined) throw noLink();
    const act = { ...systemAct(found.organisation_id, 'secret-link'), ...place };
    const { token, text } = await this.changes.run(act, (change) => openLink(change, this.mint, found.id));
    const { name, type, environment, publicId } = token;
    return { name, display: `${this.mint.brand ?? DEFAULT_BRAND}${type}_${environment}_${publicId}`, token: text };
  }

  private async view(manager: EntityManager, { organisationId }: Act, id: string): Promise<Token> {
    const row = await findToken(manager, organisationId, id, false);
    const secrets = await findSecrets(manager, [id]);
    return viewToken(row, secrets.get(id) ?? [], { brand: this.mint.brand ?? DEFAULT_BRAND, now: this.clock.now() });
  }
}

function readCursor(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^rot_[0-9a-z]{26}$/.test(id)) throw new InvalidFieldsError([{ pointer: 'cursor', detail: 'is not one of ours' }]);
  return id;
}
