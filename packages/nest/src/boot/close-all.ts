import type { Logger } from '@tollgate/telemetry';

export interface Closer {
  readonly name: string;
  close(): Promise<unknown>;
}

/** Last opened, first closed. One that fails is logged and does not keep the others open. */
export async function closeAll(closers: Closer[], logger: Logger): Promise<void> {
  for (const closer of closers.splice(0).reverse()) {
    try {
      await closer.close();
    } catch (error) {
      logger.error({ error, part: closer.name }, 'could not be closed');
    }
  }
}
