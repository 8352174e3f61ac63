import { applyDecorators, SetMetadata } from '@nestjs/common';

export const PERMISSION = Symbol('permission');
export const OPEN = Symbol('open');
const REACH = Symbol('reach');

/** What an operation's row says of who may call it. */
export interface OperationRule {
  readonly permission: string;
  /** Somebody who holds it for a team only may call it as well: the handler keeps to `caller.teams`. */
  readonly teams?: boolean;
  /** Takes `If-Match`. */
  readonly conditional?: boolean;
}

/** The permission that the caller must hold, for instance `admin:tokens:write`, or the operation's row. A method without one is refused. */
export const Permission = (rule: string | OperationRule): MethodDecorator => {
  const whole = typeof rule === 'string' ? { permission: rule } : rule;
  return applyDecorators(SetMetadata(PERMISSION, whole.permission), SetMetadata(REACH, whole));
};

/** No token is needed: for the API's own description and the sign-in, nothing that tells of a tenant. The reason is for the reader. */
export const OpenToAll = (reason: string): MethodDecorator => applyDecorators(SetMetadata(OPEN, reason));

/** null where the method declares none. */
export function ruleOf(handler: object): OperationRule | null {
  const permission: unknown = Reflect.getMetadata(PERMISSION, handler);
  if (typeof permission !== 'string') return null;
  return (Reflect.getMetadata(REACH, handler) as OperationRule | undefined) ?? { permission };
}
