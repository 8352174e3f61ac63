import { Inject, Injectable } from '@nestjs/common';
import type { ChangeToken, CreatedToken, CreateToken, ListTokensQuery, Page, Token } from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import { CLOCK } from '@tollgate/nest';
import { DEFAULT_BRAND } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import type { Act } from '../changes/act.js';
import { Changes } from '../changes/changes.js';
import type { TokenRow } from '../database/entities.js';
import { changeToken } from './change-token.js';
import { createToken, type Mint } from './create-token.js';
import { findSecrets, findToken } from './find-token.js';
import { listTokens } from './list-tokens.js';
import { MINT } from './mint-token.js';
import { revokeToken } from './revoke-token.js';
import { type ViewSettings, viewToken } from './token-view.js';

/** The use cases of tokens, each in its transaction, for one organisation: that of the act. */
@Injectable()
export class TokensService {
  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  create(act: Act, input: CreateToken): Promise<CreatedToken> {
    return this.changes.run(act, async (change) => {
      const { row, secret, text } = await createToken(change, this.mint, input);
      return { ...viewToken(row, [secret], this.settings()), token: text };
    });
  }

  list(act: Act, query: ListTokensQuery): Promise<Page<Token>> {
    return this.changes.read((manager) => listTokens(manager, act.organisationId, query, this.settings()));
  }

  get(act: Act, id: string): Promise<Token> {
    return this.changes.read(async (manager) => this.view(manager, await findToken(manager, act.organisationId, id, false)));
  }

  change(act: Act, id: string, patch: ChangeToken): Promise<Token> {
    return this.changes.run(act, async (change) => this.view(change.manager, await changeToken(change, id, patch)));
  }

  revoke(act: Act, id: string): Promise<Token> {
    return this.changes.run(act, async (change) => this.view(change.manager, await revokeToken(change, id)));
  }

  private async view(manager: EntityManager, row: TokenRow): Promise<Token> {
    const secrets = await findSecrets(manager, [row.id]);
    return viewToken(row, secrets.get(row.id) ?? [], this.settings());
  }

  private settings(): ViewSettings {
    return { brand: this.mint.brand ?? DEFAULT_BRAND, now: this.clock.now() };
  }
}
