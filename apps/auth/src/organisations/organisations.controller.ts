import { Controller, Get, Inject, Patch, Post } from '@nestjs/common';
import {
  type ChangeOrganisation,
  ChangeOrganisationSchema,
  type ChangeOrganisationStatus,
  ChangeOrganisationStatusSchema,
  type CreatedOrganisation,
  type CreateOrganisation,
  CreateOrganisationSchema,
  ORGANISATION_OPERATIONS,
  type Organisation,
  OrganisationIdSchema,
  type Page,
  type PageQuery,
  PageQuerySchema,
} from '@tollgate/contracts';
import { Permission, ZodBody, ZodParam, ZodQuery } from '@tollgate/nest';
import { type Act, CurrentAct } from '../changes/act.js';
import { OrganisationsService } from './organisations.service.js';

@Controller('api/v1/organisations')
export class OrganisationsController {
  constructor(@Inject(OrganisationsService) private readonly organisations: OrganisationsService) {}

  @Get()
  @Permission(ORGANISATION_OPERATIONS.listOrganisations)
  list(@ZodQuery(PageQuerySchema) query: PageQuery): Promise<Page<Organisation>> {
    return this.organisations.list(query);
  }

  @Post()
  @Permission(ORGANISATION_OPERATIONS.createOrganisation)
  create(@CurrentAct() act: Act, @ZodBody(CreateOrganisationSchema) body: CreateOrganisation): Promise<CreatedOrganisation> {
    return this.organisations.create(act, body);
  }

  @Get('current')
  @Permission(ORGANISATION_OPERATIONS.getCurrentOrganisation)
  current(@CurrentAct() act: Act): Promise<Organisation> {
    return this.organisations.get(act.organisationId);
  }

  @Patch('current')
  @Permission(ORGANISATION_OPERATIONS.changeCurrentOrganisation)
  change(@CurrentAct() act: Act, @ZodBody(ChangeOrganisationSchema) body: ChangeOrganisation): Promise<Organisation> {
    return this.organisations.change(act, body);
  }

  @Patch(':id')
  @Permission(ORGANISATION_OPERATIONS.changeOrganisation)
  setStatus(
    @CurrentAct() act: Act,
    @ZodParam('id', OrganisationIdSchema) id: string,
    @ZodBody(ChangeOrganisationStatusSchema) body: ChangeOrganisationStatus,
  ): Promise<Organisation> {
    return this.organisations.setStatus(act, id, body);
  }
}
