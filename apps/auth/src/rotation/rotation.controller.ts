import { Controller, Delete, Get, HttpCode, Inject, Post, Put } from '@nestjs/common';
import {
  type Page,
  type PageQuery,
  PageQuerySchema,
  type PutRotationSchedule,
  PutRotationScheduleSchema,
  ROTATION_OPERATIONS,
  type RotatedToken,
  type RotateToken,
  RotateTokenSchema,
  type Rotation,
  type RotationSchedule,
  SecretIdSchema,
  type Token,
  TokenIdSchema,
  type TokenSecretView,
} from '@tollgate/contracts';
import { Permission, ZodBody, ZodParam, ZodQuery } from '@tollgate/nest';
import { type Act, CurrentAct } from '../changes/act.js';
import { RotationService } from './rotation.service.js';

@Controller('api/v1/tokens/:id')
export class RotationController {
  constructor(@Inject(RotationService) private readonly rotation: RotationService) {}

  @Post('rotate')
  @Permission(ROTATION_OPERATIONS.rotateToken)
  rotate(
    @CurrentAct() act: Act,
    @ZodParam('id', TokenIdSchema) id: string,
    @ZodBody(RotateTokenSchema) body: RotateToken,
  ): Promise<RotatedToken> {
    return this.rotation.rotate(act, id, body);
  }

  @Get('secrets')
  @Permission(ROTATION_OPERATIONS.listTokenSecrets)
  secrets(@CurrentAct() act: Act, @ZodParam('id', TokenIdSchema) id: string): Promise<{ data: readonly TokenSecretView[] }> {
    return this.rotation.listSecrets(act, id);
  }

  @Post('secrets/:secret_id/revoke')
  @HttpCode(200)
  @Permission(ROTATION_OPERATIONS.revokeTokenSecret)
  revokeSecret(
    @CurrentAct() act: Act,
    @ZodParam('id', TokenIdSchema) id: string,
    @ZodParam('secret_id', SecretIdSchema) secretId: string,
  ): Promise<Token> {
    return this.rotation.revokeSecret(act, id, secretId);
  }

  @Get('rotation')
  @Permission(ROTATION_OPERATIONS.getRotationSchedule)
  schedule(@CurrentAct() act: Act, @ZodParam('id', TokenIdSchema) id: string): Promise<RotationSchedule> {
    return this.rotation.getSchedule(act, id);
  }

  @Put('rotation')
  @Permission(ROTATION_OPERATIONS.putRotationSchedule)
  putSchedule(
    @CurrentAct() act: Act,
    @ZodParam('id', TokenIdSchema) id: string,
    @ZodBody(PutRotationScheduleSchema) body: PutRotationSchedule,
  ): Promise<RotationSchedule> {
    return this.rotation.putSchedule(act, id, body);
  }

  @Delete('rotation')
  @HttpCode(204)
  @Permission(ROTATION_OPERATIONS.deleteRotationSchedule)
  deleteSchedule(@CurrentAct() act: Act, @ZodParam('id', TokenIdSchema) id: string): Promise<void> {
    return this.rotation.deleteSchedule(act, id);
  }

  @Post('rotation/run')
  @HttpCode(202)
  @Permission(ROTATION_OPERATIONS.runRotation)
  run(@CurrentAct() act: Act, @ZodParam('id', TokenIdSchema) id: string): Promise<Rotation> {
    return this.rotation.runNow(act, id);
  }

  @Get('rotations')
  @Permission(ROTATION_OPERATIONS.listRotations)
  list(
    @CurrentAct() act: Act,
    @ZodParam('id', TokenIdSchema) id: string,
    @ZodQuery(PageQuerySchema) query: PageQuery,
  ): Promise<Page<Rotation>> {
    return this.rotation.listRotations(act, id, query);
  }
}
