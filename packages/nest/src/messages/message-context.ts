import type { MessageHeaders } from '@tollgate/transport';

/** Second argument of a message handler (`@Ctx()`): what came beside the body. */
export class MessageContext {
  constructor(
    readonly subject: string,
    readonly headers: MessageHeaders,
  ) {}
}

/**
 * Extras of a pattern whose body is no JSON: the handler's payload is the bytes as they came. For instance
 * `@MessagePattern(SUBJECTS.usageSettled, RAW_BODY)`.
 */
export const RAW_BODY = { body: 'bytes' } as const;
