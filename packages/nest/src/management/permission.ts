import { applyDecorators, SetMetadata } from '@nestjs/common';

export const PERMISSION = Symbol('permission');
export const OPEN = Symbol('open');

/** The scope that the caller's token must grant, for instance `admin:tokens:write`. A method without one is refused. */
export const Permission = (scope: string): MethodDecorator => applyDecorators(SetMetadata(PERMISSION, scope));

/** No token is needed: for the API's own description, nothing that tells of a tenant. The reason is for the reader. */
export const OpenToAll = (reason: string): MethodDecorator => applyDecorators(SetMetadata(OPEN, reason));
