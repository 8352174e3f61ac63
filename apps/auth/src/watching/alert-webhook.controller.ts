import { Controller, Delete, Get, HttpCode, Inject, Put } from '@nestjs/common';
import { ALERT_WEBHOOK_OPERATIONS, type AlertWebhook, type PutAlertWebhook, PutAlertWebhookSchema } from '@tollgate/contracts';
import { Permission, ZodBody } from '@tollgate/nest';
import type { Network } from '@tollgate/policy';
import { type Act, CurrentAct } from '../changes/act.js';
import { Changes } from '../changes/changes.js';
import { WEBHOOK_NETWORKS } from '../rotation/deliveries.js';
import type { Mint } from '../tokens/create-token.js';
import { MINT } from '../tokens/mint-token.js';
import {
  assertAlertWebhook,
  deleteAlertWebhook,
  findAlertWebhook,
  putAlertWebhook,
  viewAlertWebhook,
} from './put-alert-webhook.js';

@Controller('api/v1/watching/webhook')
export class AlertWebhookController {
  constructor(
    @Inject(Changes) private readonly changes: Changes,
    @Inject(MINT) private readonly mint: Mint,
    @Inject(WEBHOOK_NETWORKS) private readonly networks: readonly Network[],
  ) {}

  @Get()
  @Permission(ALERT_WEBHOOK_OPERATIONS.getAlertWebhook)
  get(@CurrentAct() act: Act): Promise<AlertWebhook> {
    return this.changes.read(async (manager) =>
      viewAlertWebhook(assertAlertWebhook(await findAlertWebhook(manager, act.organisationId, false)), null),
    );
  }

  @Put()
  @Permission(ALERT_WEBHOOK_OPERATIONS.putAlertWebhook)
  put(@CurrentAct() act: Act, @ZodBody(PutAlertWebhookSchema) body: PutAlertWebhook): Promise<AlertWebhook> {
    return this.changes.run(act, (change) => putAlertWebhook(change, { mint: this.mint, networks: this.networks }, body));
  }

  @Delete()
  @HttpCode(204)
  @Permission(ALERT_WEBHOOK_OPERATIONS.deleteAlertWebhook)
  remove(@CurrentAct() act: Act): Promise<void> {
    return this.changes.run(act, deleteAlertWebhook);
  }
}
