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
  @Permission('admin:tokens:read')
  list(@CurrentAct() act: Act, @ZodQuery(ListTokensQuerySchema) query: ListTokensQuery): Promise<Page<Token>> {
    return this.tokens.list(act, query);
  }

  @Post()
  @Permission('admin:tokens:write')
  create(@CurrentAct() act: Act, @ZodBody(CreateTokenSchema) body: CreateToken): Promise<CreatedToken> {
    return this.tokens.create(act, body);
  }

  @Post('bulk-revoke')
  @HttpCode(200)
  @Permission('admin:tokens:write')
  bulkRevoke(@CurrentAct() act: Act, @ZodBody(BulkRevokeSchema) body: BulkRevoke): Promise<BulkRevoked> {
    return this.tokens.bulkRevoke(act, body);
  }

  @Get(':id')
  @Permission('admin:tokens:read')
  get(@CurrentAct() act: Act, @ZodParam('id', TokenIdSchema) id: string): Promise<Token> {
    return this.tokens.get(act, id);
  }

  @Patch(':id')
  @Permission('admin:tokens:write')
  change(
    @CurrentAct() act: Act,
    @ZodParam('id', TokenIdSchema) id: string,
    @ZodBody(ChangeTokenSchema) body: ChangeToken,
  ): Promise<Token> {
    return this.tokens.change(act, id, body);
  }

  @Post(':id/revoke')
  @HttpCode(200)
  @Permission('admin:tokens:write')
  revoke(@CurrentAct() act: Act, @ZodParam('id', TokenIdSchema) id: string): Promise<Token> {
    return this.tokens.revoke(act, id);
  }

  @Delete(':id')
  @Permission('admin:tokens:write')
  remove(@CurrentAct() act: Act, @ZodParam('id', TokenIdSchema) id: string): Promise<Token> {
    return this.tokens.revoke(act, id);
  }
}
