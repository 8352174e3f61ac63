import { Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { type OpenedSecret, type OpenSecretLink, OpenSecretLinkSchema } from '@tollgate/contracts';
import { OpenToAll, ZodBody } from '@tollgate/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RotationService } from './rotation.service.js';
import { SECRET_LINK_PAGE, SECRET_LINK_PAGE_HEADERS } from './secret-link-page.js';

const USER_AGENT_MAX = 256;

@Controller()
export class SecretLinksController {
  constructor(@Inject(RotationService) private readonly rotation: RotationService) {}

  @Get('secret-link')
  @OpenToAll('The page of every link: it holds nothing.')
  page(@Res() reply: FastifyReply): void {
    void reply.headers(SECRET_LINK_PAGE_HEADERS).send(SECRET_LINK_PAGE);
  }

  @Post('api/v1/secret-links/open')
  @HttpCode(200)
  @OpenToAll('The link is the proof: 256 random bits, good once.')
  async open(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @ZodBody(OpenSecretLinkSchema) { link }: OpenSecretLink,
  ): Promise<OpenedSecret> {
    void reply.header('cache-control', 'no-store');
    const userAgent = request.headers['user-agent']?.slice(0, USER_AGENT_MAX) ?? null;
    return this.rotation.openLink({ requestId: request.id, ip: request.ip, userAgent }, link);
  }
}
