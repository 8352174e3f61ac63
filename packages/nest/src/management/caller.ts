import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { TokenPolicy } from '@tollgate/contracts';

/** Who calls the management API: made by the guard, injected by `@Caller()`. Everything a controller reads is scoped by `organisationId`. */
export interface ManagementCaller {
  readonly tokenId: string;
  /** The 12 characters inside the token text: its name in logs. */
  readonly publicId: string;
  readonly secretId: string;
  readonly organisationId: string;
  readonly teamId: string | null;
  readonly scopes: readonly string[];
  /** All that the token holds, its scopes among it: the bound of what it may hand on. */
  readonly policy: TokenPolicy;
  readonly type: 'k' | 'a';
}

export interface RequestWithCaller {
  caller?: ManagementCaller;
}

export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): ManagementCaller => {
  const { caller } = context.switchToHttp().getRequest<RequestWithCaller>();
  if (caller === undefined) throw new Error('@Caller() on a route that the guard did not check');
  return caller;
});
