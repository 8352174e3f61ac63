import type { CanonicalError } from './canonical-error.js';

const server = (message: string): CanonicalError => ({ class: 'server', message, status: null });

export const MALFORMED = server('The provider sent an event that is not valid.');
export const TOO_LARGE = server('The provider sent an event that is too large.');
export const CUT_OFF = server('The provider ended the stream before the answer was whole.');
