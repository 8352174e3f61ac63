/** Injection token of the {@link Mint}: peppers and randomness of new secrets. */
export const MINT = Symbol('Mint');
