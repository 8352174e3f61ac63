import { type DynamicModule, Module } from '@nestjs/common';
import type { RandomBytes } from '@tollgate/kernel';
import { RANDOM_BYTES } from '@tollgate/nest';
import { AuditController } from './audit/audit.controller.js';
import { AuditService } from './audit/audit.service.js';
import { AUDIT_KEY, Checkpointer } from './audit/checkpointer.js';
import { DeniedHandler } from './audit/denied.handler.js';
import { RecordHandler } from './audit/record.handler.js';
import { FIRST_START, FirstStart } from './bootstrap/first-start.js';
import { BudgetAuthority } from './budgets/budget-authority.js';
import { BudgetsController } from './budgets/budgets.controller.js';
import { BudgetsHandler } from './budgets/budgets.handler.js';
import { BudgetsService } from './budgets/budgets.service.js';
import { Changes, INCIDENT_KEEPER } from './changes/changes.js';
import type { AuthConfig } from './config.js';
import { ControlPool } from './database/control-pool.js';
import { Housekeeping } from './database/housekeeping.js';
import { FeedHandler } from './feed/feed.handler.js';
import { FeedPublisher } from './feed/feed-publisher.js';
import { LimitsController } from './limits/limits.controller.js';
import { LimitsService } from './limits/limits.service.js';
import { JwksHandler } from './oauth/keys/jwks.handler.js';
import { KeyRing } from './oauth/keys/key-ring.js';
import { OAuthSecrets } from './oauth/keys/oauth-secrets.js';
import { OAuthController, OwnGrantsController } from './oauth/oauth.controller.js';
import { OAuthService } from './oauth/oauth.service.js';
import { OAuthServer } from './oauth/server/oauth-server.js';
import { OAuthStore } from './oauth/server/oauth-store.js';
import { SIGN_IN } from './oauth/sign-in.js';
import { SignInByPassword } from './oauth/sign-in-by-password.js';
import { OrganisationsController } from './organisations/organisations.controller.js';
import { OrganisationsService } from './organisations/organisations.service.js';
import { Passwords } from './people/passwords.js';
import { RolesController, ServiceAccountsController, TeamsController, UsersController } from './people/people.controllers.js';
import { PeopleService } from './people/people.service.js';
import { QuotaHandler } from './quota/quota.handler.js';
import { QuotaAuthority } from './quota/quota-authority.js';
import { ResolveController } from './resolve/resolve.controller.js';
import { ResolveHandler } from './resolve/resolve.handler.js';
import { Deliveries, WEBHOOK_NETWORKS } from './rotation/deliveries.js';
import { RotationController } from './rotation/rotation.controller.js';
import { RotationService } from './rotation/rotation.service.js';
import { Rotator } from './rotation/rotator.js';
import { SecretLinksController } from './rotation/secret-links.controller.js';
import { SessionHandler } from './sessions/session.handler.js';
import { AccountController, SessionsController } from './sessions/sessions.controllers.js';
import { SessionsService } from './sessions/sessions.service.js';
import { SignInLimiter } from './sessions/sign-in-limiter.js';
import { MINT } from './tokens/mint-token.js';
import { TokensController } from './tokens/tokens.controller.js';
import { TokensService } from './tokens/tokens.service.js';
import { IdleSweeper } from './uses/idle-sweeper.js';
import { UsesHandler } from './uses/uses.handler.js';
import { AlertSender } from './watching/alert-sender.js';
import { AlertWebhookController } from './watching/alert-webhook.controller.js';
import { IncidentsController, WatchingController } from './watching/incidents.controllers.js';
import { Incidents } from './watching/incidents.js';
import { IncidentsService } from './watching/incidents.service.js';
import { SlowDownSweeper } from './watching/slow-down-sweeper.js';
import { Watcher } from './watching/watcher.js';
import { WatchingHandler } from './watching/watching.handler.js';

@Module({})
class AuthModule {}

export const authModule = ({
  peppers,
  brand,
  bootstrapFile,
  ownerEmail,
  auditKey,
  webhookNetworks,
  oauthKey,
}: AuthConfig): DynamicModule => ({
  module: AuthModule,
  controllers: [
    AuditController,
    DeniedHandler,
    RecordHandler,
    TokensController,
    RotationController,
    SecretLinksController,
    OAuthController,
    OwnGrantsController,
    JwksHandler,
    OrganisationsController,
    UsersController,
    TeamsController,
    ServiceAccountsController,
    RolesController,
    SessionsController,
    AccountController,
    SessionHandler,
    ResolveController,
    ResolveHandler,
    FeedHandler,
    UsesHandler,
    QuotaHandler,
    BudgetsController,
    BudgetsHandler,
    LimitsController,
    IncidentsController,
    WatchingController,
    AlertWebhookController,
    WatchingHandler,
  ],
  providers: [
    { provide: MINT, inject: [RANDOM_BYTES], useFactory: (randomBytes: RandomBytes) => ({ peppers, brand, randomBytes }) },
    { provide: WEBHOOK_NETWORKS, useValue: webhookNetworks },
    {
      provide: OAuthSecrets,
      inject: [RANDOM_BYTES],
      useFactory: (randomBytes: RandomBytes) => new OAuthSecrets(peppers, oauthKey, randomBytes),
    },
    { provide: SIGN_IN, useClass: SignInByPassword },
    { provide: FIRST_START, useValue: { path: bootstrapFile, ownerEmail } },
    { provide: AUDIT_KEY, useValue: auditKey },
    AuditService,
    Checkpointer,
    ControlPool,
    FeedPublisher,
    QuotaAuthority,
    BudgetAuthority,
    BudgetsService,
    LimitsService,
    Housekeeping,
    IdleSweeper,
    { provide: INCIDENT_KEEPER, useClass: Incidents },
    IncidentsService,
    Watcher,
    SlowDownSweeper,
    AlertSender,
    Changes,
    FirstStart,
    TokensService,
    RotationService,
    Deliveries,
    Rotator,
    KeyRing,
    OAuthService,
    OAuthStore,
    OAuthServer,
    OrganisationsService,
    Passwords,
    PeopleService,
    SignInLimiter,
    SessionsService,
  ],
});
