import { redactText } from '@tollgate/telemetry';

/** Two cheap looks: every call passes here, and next to none holds a token. */
const suspect = (text: string): boolean => text.includes('_live_') || text.includes('_test_');

/** Does a text that would be echoed, stored and traced hold a token (of any brand and type, whole or cut, valid or not)? */
export const holdsToken = (text: string): boolean => suspect(text) && redactText(text) !== text;

/** The same text, without the secret part of any token in it. */
export const withoutToken = (text: string): string => (suspect(text) ? redactText(text) : text);
