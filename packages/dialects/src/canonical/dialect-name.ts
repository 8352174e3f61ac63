import { CHAT_DIALECTS, type ChatDialect } from '@tollgate/contracts';

/** The names that rows, deployments and the wire between processes use; the list is the contracts' own. */
export const DIALECT_NAMES: readonly ChatDialect[] = CHAT_DIALECTS;
export type DialectName = ChatDialect;
