import { type DynamicModule, Module } from '@nestjs/common';
import type { RandomBytes } from '@tollgate/kernel';
import { RANDOM_BYTES } from '@tollgate/nest';
import { AuditController } from './audit/audit.controller.js';
import { AuditService } from './audit/audit.service.js';
import { AUDIT_KEY, Checkpointer } from './audit/checkpointer.js';
import { DeniedHandler } from './audit/denied.handler.js';
import { BOOTSTRAP_FILE, FirstStart } from './bootstrap/first-start.js';
import { Changes } from './changes/changes.js';
import type { AuthConfig } from './config.js';
import { ControlPool } from './database/control-pool.js';
import { Housekeeping } from './database/housekeeping.js';
import { FeedHandler } from './feed/feed.handler.js';
import { FeedPublisher } from './feed/feed-publisher.js';
import { OrganisationsController } from './organisations/organisations.controller.js';
import { OrganisationsService } from './organisations/organisations.service.js';
import { QuotaHandler } from './quota/quota.handler.js';
import { QuotaAuthority } from './quota/quota-authority.js';
import { ResolveController } from './resolve/resolve.controller.js';
import { ResolveHandler } from './resolve/resolve.handler.js';
import { Deliveries, WEBHOOK_NETWORKS } from './rotation/deliveries.js';
import { RotationController } from './rotation/rotation.controller.js';
import { RotationService } from './rotation/rotation.service.js';
import { Rotator } from './rotation/rotator.js';
import { SecretLinksController } from './rotation/secret-links.controller.js';
import { MINT } from './tokens/mint-token.js';
import { TokensController } from './tokens/tokens.controller.js';
import { TokensService } from './tokens/tokens.service.js';

@Module({})
class AuthModule {}

export const authModule = ({ peppers, brand, bootstrapFile, auditKey, webhookNetworks }: AuthConfig): DynamicModule => ({
  module: AuthModule,
  controllers: [
    AuditController,
    DeniedHandler,
    TokensController,
    RotationController,
    SecretLinksController,
    OrganisationsController,
    ResolveController,
    ResolveHandler,
    FeedHandler,
    QuotaHandler,
  ],
  providers: [
    { provide: MINT, inject: [RANDOM_BYTES], useFactory: (randomBytes: RandomBytes) => ({ peppers, brand, randomBytes }) },
    { provide: WEBHOOK_NETWORKS, useValue: webhookNetworks },
    { provide: BOOTSTRAP_FILE, useValue: bootstrapFile },
    { provide: AUDIT_KEY, useValue: auditKey },
    AuditService,
    Checkpointer,
    ControlPool,
    FeedPublisher,
    QuotaAuthority,
    Housekeeping,
    Changes,
    FirstStart,
    TokensService,
    RotationService,
    Deliveries,
    Rotator,
    OrganisationsService,
  ],
});
