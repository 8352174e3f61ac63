import { Controller, Get, HttpCode, Inject, Post, Put } from '@nestjs/common';
import {
  INCIDENT_OPERATIONS,
  type Incident,
  IncidentIdSchema,
  type ListIncidentsQuery,
  ListIncidentsQuerySchema,
  type Page,
  type PutWatchSettings,
  PutWatchSettingsSchema,
  type WatchSettings,
} from '@tollgate/contracts';
import { Permission, ZodBody, ZodParam, ZodQuery } from '@tollgate/nest';
import { type Act, CurrentAct } from '../changes/act.js';
import { IncidentsService } from './incidents.service.js';

@Controller('api/v1/incidents')
export class IncidentsController {
  constructor(@Inject(IncidentsService) private readonly incidents: IncidentsService) {}

  @Get()
  @Permission(INCIDENT_OPERATIONS.listIncidents)
  list(@CurrentAct() act: Act, @ZodQuery(ListIncidentsQuerySchema) query: ListIncidentsQuery): Promise<Page<Incident>> {
    return this.incidents.list(act, query);
  }

  @Get(':id')
  @Permission(INCIDENT_OPERATIONS.getIncident)
  get(@CurrentAct() act: Act, @ZodParam('id', IncidentIdSchema) id: string): Promise<Incident> {
    return this.incidents.get(act, id);
  }

  @Post(':id/acknowledge')
  @HttpCode(200)
  @Permission(INCIDENT_OPERATIONS.acknowledgeIncident)
  acknowledge(@CurrentAct() act: Act, @ZodParam('id', IncidentIdSchema) id: string): Promise<Incident> {
    return this.incidents.acknowledge(act, id);
  }

  @Post(':id/resolve')
  @HttpCode(200)
  @Permission(INCIDENT_OPERATIONS.resolveIncident)
  resolve(@CurrentAct() act: Act, @ZodParam('id', IncidentIdSchema) id: string): Promise<Incident> {
    return this.incidents.resolve(act, id);
  }

  @Post(':id/restore')
  @HttpCode(200)
  @Permission(INCIDENT_OPERATIONS.restoreIncident)
  restore(@CurrentAct() act: Act, @ZodParam('id', IncidentIdSchema) id: string): Promise<Incident> {
    return this.incidents.restore(act, id);
  }
}

@Controller('api/v1/watching')
export class WatchingController {
  constructor(@Inject(IncidentsService) private readonly incidents: IncidentsService) {}

  @Get()
  @Permission(INCIDENT_OPERATIONS.getWatchSettings)
  get(@CurrentAct() act: Act): Promise<WatchSettings> {
    return this.incidents.readSettings(act);
  }

  @Put()
  @Permission(INCIDENT_OPERATIONS.putWatchSettings)
  put(@CurrentAct() act: Act, @ZodBody(PutWatchSettingsSchema) body: PutWatchSettings): Promise<WatchSettings> {
    return this.incidents.putSettings(act, body);
  }
}
