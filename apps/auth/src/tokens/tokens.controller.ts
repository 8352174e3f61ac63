import { Controller, Delete, Get, HttpCode, Inject, Patch, Post } from '@nestjs/common';
import {
  type BulkRevoke,
  type BulkRevoked,
  BulkRevokeSchema,
  type ChangeToken,
  ChangeTokenSchema,
  type CreatedToken,
  type CreateToken,
  CreateTokenSchema,
  type ListTokensQuery,
  ListTokensQuerySchema,
  type Page,
  TOKEN_OPERATIONS,
  type Token,
  TokenIdSchema,
} from '@tollgate/contracts';
import { Permission, ZodBody, ZodParam, ZodQuery } from '@tollgate/nest';
import { type Act, CurrentAct } from '../changes/act.js';
import { TokensService } from './tokens.service.js';

@Controller('api/v1/tokens')
export class TokensController {
  constructor(@Inject(TokensService) private readonly tokens: TokensService) {}

  @Get()
  @Permission(TOKEN_OPERATIONS.listTokens)
  list(@CurrentAct() act: Act, @ZodQuery(ListTokensQuerySchema) query: ListTokensQuery): Promise<Page<Token>> {
    return this.tokens.list(act, query);
  }

  @Post()
  @Permission(TOKEN_OPERATIONS.createToken)
  create(@CurrentAct() act: Act, @ZodBody(CreateTokenSchema) body: CreateToken): Promise<CreatedToken> {
    return this.tokens.create(act, body);
  }

  @Post('bulk-revoke')
  @HttpCode(200)
  @Permission(TOKEN_OPERATIONS.bulkRevokeTokens)
  bulkRevoke(@CurrentAct() act: Act, @ZodBody(BulkRevokeSchema) body: BulkRevoke): Promise<BulkRevoked> {
    return this.tokens.bulkRevoke(act, body);
  }

  @Get(':id')
  @Permission(TOKEN_OPERATIONS.getToken)
  get(@CurrentAct() act: Act, @ZodParam('id', TokenIdSchema) id: string): Promise<Token> {
    return this.tokens.get(act, id);
  }

  @Patch(':id')
  @Permission(TOKEN_OPERATIONS.changeToken)
  change(
    @CurrentAct() act: Act,
    @ZodParam('id', TokenIdSchema) id: string,
    @ZodBody(ChangeTokenSchema) body: ChangeToken,
  ): Promise<Token> {
    return this.tokens.change(act, id, body);
  }

  @Post(':id/revoke')
  @HttpCode(200)
  @Permission(TOKEN_OPERATIONS.revokeToken)
  revoke(@CurrentAct() act: Act, @ZodParam('id', TokenIdSchema) id: string): Promise<Token> {
    return this.tokens.revoke(act, id);
  }

  @Delete(':id')
  @Permission(TOKEN_OPERATIONS.deleteToken)
  remove(@CurrentAct() act: Act, @ZodParam('id', TokenIdSchema) id: string): Promise<Token> {
    return this.tokens.revoke(act, id);
  }
}
