/** The router of this process, for injection. */
export const ROUTER = Symbol('Router');
