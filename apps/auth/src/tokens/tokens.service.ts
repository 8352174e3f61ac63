import { Inject, Injectable } from '@nestjs/common';
import type {
  BulkRevoke,
  BulkRevoked,
  ChangeToken,
  CreatedToken,
  CreateToken,
  ListTokensQuery,
  Page,
  Token,
} from '@tollgate/contracts';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, PUBLIC_URL } from '@tollgate/nest';
import { DEFAULT_BRAND, modelAllowed } from '@tollgate/policy';
import type { EntityManager } from 'typeorm';
import type { Act } from '../changes/act.js';
import { Changes } from '../changes/changes.js';
import type { TokenRow } from '../database/entities.js';
import { bulkRevoke } from './bulk-revoke.js';
import { changeToken } from './change-token.js';
import { createToken, type Mint } from './create-token.js';
import { findSecrets, findToken } from './find-token.js';
import { listTokens } from './list-tokens.js';
import { MINT } from './mint-token.js';
import { revokeToken } from './revoke-token.js';
import { type ViewSettings, viewToken } from './token-view.js';
import { writeSnippets } from './write-snippets.js';

/** Needs no provider and no key. */
const EXAMPLE_MODEL = 'demo/echo';

/** Names that mean nothing to a shell or a string literal. */
const PLAIN_MODEL = /^[A-Za-z0-9._:/@-]{1,200}$/;

/** One that the token may use. */
export const exampleModel = ({ policy }: TokenRow): string =>
  policy.models.allow.find((model) => PLAIN_MODEL.test(model) && modelAllowed(policy, model)) ?? EXAMPLE_MODEL;

/** The use cases of tokens, each in its transaction, for one organisation: that of the act. */
@Injectable()
export class TokensService {
  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(PUBLIC_URL) private readonly publicUrl: string,
  ) {}

  create(act: Act, input: CreateToken): Promise<CreatedToken> {
    return this.changes.make(act, async (change) => {
      const { row, secret, text } = await createToken(change, this.mint, input);
      const snippets = row.type === 'k' ? writeSnippets(this.publicUrl, text, exampleModel(row)) : [];
      return { ...viewToken(row, [secret], this.settings()), token: text, snippets };
    });
  }

  list(act: Act, query: ListTokensQuery): Promise<Page<Token>> {
    return this.changes.read((manager) => listTokens(manager, act, query, this.settings()));
  }

  get(act: Act, id: string): Promise<Token> {
    return this.changes.read(async (manager) => this.view(manager, await findToken(manager, act, id, false)));
  }

  change(act: Act, id: string, patch: ChangeToken): Promise<Token> {
    return this.changes.run(act, async (change) => this.view(change.manager, await changeToken(change, id, patch)));
  }

  revoke(act: Act, id: string): Promise<Token> {
    return this.changes.run(act, async (change) => this.view(change.manager, await revokeToken(change, id)));
  }

  bulkRevoke(act: Act, asked: BulkRevoke): Promise<BulkRevoked> {
    return bulkRevoke(this.changes, act, asked, this.clock.now());
  }

  private async view(manager: EntityManager, row: TokenRow): Promise<Token> {
    const secrets = await findSecrets(manager, [row.id]);
    return viewToken(row, secrets.get(row.id) ?? [], this.settings());
  }

  private settings(): ViewSettings {
    return { brand: this.mint.brand ?? DEFAULT_BRAND, now: this.clock.now() };
  }
}
