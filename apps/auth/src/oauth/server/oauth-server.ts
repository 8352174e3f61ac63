import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Clock } from '@tollgate/kernel';
import { CLOCK, LOGGER } from '@tollgate/nest';
import type { Logger } from '@tollgate/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Changes } from '../../changes/changes.js';
import type { Mint } from '../../tokens/create-token.js';
import { MINT } from '../../tokens/mint-token.js';
import { KeyRing } from '../keys/key-ring.js';
import { OAuthSecrets } from '../keys/oauth-secrets.js';
import { SIGN_IN, type SignInService } from '../sign-in.js';
import type { OAuthApplication } from './oauth-application.js';
import { OAuthStore } from './oauth-store.js';
import { DISCOVERY, METADATA } from './well-known.js';

/**
 * The OAuth server under /oauth, as a raw handler: the library is an application of its own and not Nest's. It is loaded with
 * the first request that needs it: it and what it needs are 5 MB that many installations never ask for.
 */
@Injectable()
export class OAuthServer implements OnModuleInit {
  private loading: Promise<OAuthApplication> | null = null;

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(OAuthStore) private readonly store: OAuthStore,
    @Inject(KeyRing) private readonly keys: KeyRing,
    @Inject(OAuthSecrets) private readonly secrets: OAuthSecrets,
    @Inject(SIGN_IN) private readonly signIn: SignInService,
    @Inject(Changes) private readonly changes: Changes,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    fastify.register((scope, _options, done) => {
      // Bodies are read here, within their bound, and by nobody before.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
      const handler = (request: FastifyRequest, reply: FastifyReply): Promise<void> => this.take(request, reply);
      for (const url of ['/oauth', '/oauth/*', METADATA, `${METADATA}/*`, DISCOVERY]) scope.all(url, handler);
      done();
    });
  }

  private async take(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const application = await this.application();
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
    reply.hijack();
    application.serve(request, reply.raw);
  }

  private application(): Promise<OAuthApplication> {
    const { store, keys, secrets, signIn, changes, mint, clock, logger } = this;
    const parts = { store, keys, secrets, signIn, changes, mint, clock, logger };
    this.loading ??= import('./oauth-application.js').then((loaded) => new loaded.OAuthApplication(parts));
    return this.loading;
  }
}
