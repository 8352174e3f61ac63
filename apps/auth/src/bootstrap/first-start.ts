import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import type { DataSource } from 'typeorm';
import { Passwords } from '../people/passwords.js';
import { firstPassword } from '../people/put-user.js';
import type { Mint } from '../tokens/create-token.js';
import { MINT } from '../tokens/mint-token.js';
import { bootstrapFirstOrganisation } from './bootstrap-first-organisation.js';
import { writeSecretsFile } from './write-secrets-file.js';

export const FIRST_START = Symbol('FirstStart');

export interface FirstStartSettings {
  /** Where the secrets go; null = nothing is made. */
  readonly path: string | null;
  readonly ownerEmail: string | null;
}

/** Where TOLLGATE_BOOTSTRAP_FILE is set: makes the first organisation at the start and leaves its secrets in that file. */
@Injectable()
export class FirstStart implements OnModuleInit {
  constructor(
    @Inject(FIRST_START) private readonly settings: FirstStartSettings,
    @Inject(Passwords) private readonly passwords: Passwords,
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    const { path, ownerEmail } = this.settings;
    if (path === null) return;
    const { dataSource, mint, clock } = this;
    const made = await bootstrapFirstOrganisation({
      ...mint,
      dataSource,
      clock,
      ...(ownerEmail !== null && {
        owner: { email: ownerEmail, password: await firstPassword(mint.randomBytes, this.passwords) },
      }),
      deliver: (secrets) => writeSecretsFile(path, secrets),
    });
    if (made !== null) this.logger.info({ organisationId: made.organisationId, path }, 'the first organisation was made');
  }
}
