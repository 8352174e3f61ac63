export * from './v1/catalog.js';
export * from './v1/origin.js';
export * from './v1/quota.js';
export * from './v1/subjects.js';
export * from './v1/token.js';
export * from './v1/upstream.js';
export * from './v1/usage.js';
export * from './v1/usage-record.js';
