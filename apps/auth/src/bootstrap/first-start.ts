import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, dataSourceToken, LOGGER } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import type { DataSource } from 'typeorm';
import type { Mint } from '../tokens/create-token.js';
import { MINT } from '../tokens/mint-token.js';
import { bootstrapFirstOrganisation } from './bootstrap-first-organisation.js';
import { writeSecretsFile } from './write-secrets-file.js';

export const BOOTSTRAP_FILE = Symbol('BootstrapFile');

/** Where TOLLGATE_BOOTSTRAP_FILE is set: makes the first organisation at the start and leaves its secrets in that file. */
@Injectable()
export class FirstStart implements OnModuleInit {
  constructor(
    @Inject(BOOTSTRAP_FILE) private readonly path: string | null,
    @Inject(dataSourceToken('auth')) private readonly dataSource: DataSource,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    const { path } = this;
    if (path === null) return;
    const { dataSource, mint, clock } = this;
    const made = await bootstrapFirstOrganisation({
      ...mint,
      dataSource,
      clock,
      deliver: (secrets) => writeSecretsFile(path, secrets),
    });
    if (made !== null) this.logger.info({ organisationId: made.organisationId, path }, 'the first organisation was made');
  }
}
