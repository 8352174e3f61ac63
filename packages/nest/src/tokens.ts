/** Injection tokens of what every service is given; provided globally by `IoModule`, whatever process it runs in. */
export const TRANSPORT = Symbol('Transport');
export const LOGGER = Symbol('Logger');
export const METRICS = Symbol('Metrics');
export const TRACER = Symbol('Tracer');
export const CLOCK = Symbol('Clock');
export const RANDOM_BYTES = Symbol('RandomBytes');
export const READINESS = Symbol('Readiness');
/** Where callers reach this gateway: a text without a trailing slash. */
export const PUBLIC_URL = Symbol('PublicUrl');
