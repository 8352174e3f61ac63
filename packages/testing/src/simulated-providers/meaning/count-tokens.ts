/** Tokens of a text in a prompt: a quarter of its characters, rounded up. No vendor's count, but everywhere the same. */
export const countText = (text: string): number => Math.ceil(text.length / 4);

/** What a turn costs beside its words. */
export const TURN_TOKENS = 4;

/** What a picture, page or sound costs, whatever its size. */
export const MEDIUM_TOKENS = 85;
