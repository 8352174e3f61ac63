import { Unwanted } from '../json/want.js';

/** More messages than this are too large a body, whatever their bytes. */
export const MESSAGES_MAX = 100_000;

export function checkMessageCount(count: number, param: string): void {
  if (count > MESSAGES_MAX) throw new Unwanted(param, `"${param}" has more than ${MESSAGES_MAX} entries.`, 'body_too_large');
}
