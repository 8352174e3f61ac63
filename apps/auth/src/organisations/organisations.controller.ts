import { Controller, Get, Inject } from '@nestjs/common';
import type { Organisation } from '@tollgate/contracts';
import { Permission } from '@tollgate/nest';
import { type Act, CurrentAct } from '../changes/act.js';
import { OrganisationsService } from './organisations.service.js';

@Controller('api/v1/organisations')
export class OrganisationsController {
  constructor(@Inject(OrganisationsService) private readonly organisations: OrganisationsService) {}

  @Get('current')
  @Permission('admin:organisation:read')
  current(@CurrentAct() act: Act): Promise<Organisation> {
    return this.organisations.get(act.organisationId);
  }
}
