import { Controller, Get, Header, Inject } from '@nestjs/common';
import { buildOpenApi, MANAGEMENT_OPERATIONS } from '@tollgate/contracts';
import { OpenToAll, PUBLIC_URL } from '@tollgate/nest';
import { renderDocsPage } from './docs-page.js';

/** Version of the API itself, as in its paths; it is not that of the build. */
const API_VERSION = '1';

@Controller('api')
export class DescriptionController {
  private readonly document: Record<string, unknown>;
  private readonly page = renderDocsPage(MANAGEMENT_OPERATIONS);

  constructor(@Inject(PUBLIC_URL) publicUrl: string) {
    this.document = buildOpenApi(MANAGEMENT_OPERATIONS, { version: API_VERSION, serverUrl: publicUrl });
  }

  @Get('openapi.json')
  @OpenToAll('the description of the API tells nothing of a tenant')
  openApi(): Record<string, unknown> {
    return this.document;
  }

  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
  @OpenToAll('the description of the API tells nothing of a tenant')
  docs(): string {
    return this.page;
  }
}
