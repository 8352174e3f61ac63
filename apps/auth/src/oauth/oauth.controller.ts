import { Controller, Delete, Get, HttpCode, Inject, Patch, Post } from '@nestjs/common';
import {
  type ChangeOAuthClient,
  ChangeOAuthClientSchema,
  type CreatedOAuthClient,
  type CreateOAuthClient,
  CreateOAuthClientSchema,
  type ListOAuthGrantsQuery,
  ListOAuthGrantsQuerySchema,
  OAUTH_OPERATIONS,
  type OAuthClient,
  OAuthClientIdSchema,
  type OAuthGrant,
  OAuthGrantIdSchema,
  type OAuthKeys,
  type Page,
  type PageQuery,
  PageQuerySchema,
  type RenewOAuthSecret,
  RenewOAuthSecretSchema,
} from '@tollgate/contracts';
import { Permission, ZodBody, ZodParam, ZodQuery } from '@tollgate/nest';
import { type Act, CurrentAct } from '../changes/act.js';
import { OAuthService } from './oauth.service.js';

@Controller('api/v1/oauth')
export class OAuthController {
  constructor(@Inject(OAuthService) private readonly oauth: OAuthService) {}

  @Get('clients')
  @Permission(OAUTH_OPERATIONS.listOAuthClients)
  listClients(@CurrentAct() act: Act, @ZodQuery(PageQuerySchema) query: PageQuery): Promise<Page<OAuthClient>> {
    return this.oauth.listClients(act, query);
  }

  @Post('clients')
  @Permission(OAUTH_OPERATIONS.createOAuthClient)
  createClient(@CurrentAct() act: Act, @ZodBody(CreateOAuthClientSchema) body: CreateOAuthClient): Promise<CreatedOAuthClient> {
    return this.oauth.createClient(act, body);
  }

  @Get('clients/:id')
  @Permission(OAUTH_OPERATIONS.getOAuthClient)
  getClient(@CurrentAct() act: Act, @ZodParam('id', OAuthClientIdSchema) id: string): Promise<OAuthClient> {
    return this.oauth.getClient(act, id);
  }

  @Patch('clients/:id')
  @Permission(OAUTH_OPERATIONS.changeOAuthClient)
  changeClient(
    @CurrentAct() act: Act,
    @ZodParam('id', OAuthClientIdSchema) id: string,
    @ZodBody(ChangeOAuthClientSchema) body: ChangeOAuthClient,
  ): Promise<OAuthClient> {
    return this.oauth.changeClient(act, id, body);
  }

  @Delete('clients/:id')
  @Permission(OAUTH_OPERATIONS.deleteOAuthClient)
  deleteClient(@CurrentAct() act: Act, @ZodParam('id', OAuthClientIdSchema) id: string): Promise<OAuthClient> {
    return this.oauth.revokeClient(act, id);
  }

  @Post('clients/:id/renew-secret')
  @HttpCode(200)
  @Permission(OAUTH_OPERATIONS.renewOAuthClientSecret)
  renewSecret(
    @CurrentAct() act: Act,
    @ZodParam('id', OAuthClientIdSchema) id: string,
    @ZodBody(RenewOAuthSecretSchema) body: RenewOAuthSecret,
  ): Promise<CreatedOAuthClient> {
    return this.oauth.renewSecret(act, id, body);
  }

  @Get('grants')
  @Permission(OAUTH_OPERATIONS.listOAuthGrants)
  listGrants(
    @CurrentAct() act: Act,
    @ZodQuery(ListOAuthGrantsQuerySchema) query: ListOAuthGrantsQuery,
  ): Promise<Page<OAuthGrant>> {
    return this.oauth.listGrants(act, query);
  }

  @Delete('grants/:id')
  @Permission(OAUTH_OPERATIONS.revokeOAuthGrant)
  revokeGrant(@CurrentAct() act: Act, @ZodParam('id', OAuthGrantIdSchema) id: string): Promise<OAuthGrant> {
    return this.oauth.revokeGrant(act, id);
  }

  @Get('keys')
  @Permission(OAUTH_OPERATIONS.listOAuthKeys)
  listKeys(): OAuthKeys {
    return this.oauth.listKeys();
  }

  @Post('keys/rotate')
  @HttpCode(200)
  @Permission(OAUTH_OPERATIONS.rotateOAuthKeys)
  rotateKeys(@CurrentAct() act: Act): Promise<OAuthKeys> {
    return this.oauth.rotateKeys(act);
  }
}

@Controller('api/v1/account/grants')
export class OwnGrantsController {
  constructor(@Inject(OAuthService) private readonly oauth: OAuthService) {}

  @Get()
  @Permission(OAUTH_OPERATIONS.listOwnOAuthGrants)
  list(@CurrentAct() act: Act, @ZodQuery(PageQuerySchema) query: PageQuery): Promise<Page<OAuthGrant>> {
    return this.oauth.listOwnGrants(act, query);
  }

  @Delete(':id')
  @Permission(OAUTH_OPERATIONS.revokeOwnOAuthGrant)
  revoke(@CurrentAct() act: Act, @ZodParam('id', OAuthGrantIdSchema) id: string): Promise<OAuthGrant> {
    return this.oauth.revokeOwnGrant(act, id);
  }
}
