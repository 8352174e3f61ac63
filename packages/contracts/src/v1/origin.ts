import type { Service } from './subjects.js';

/**
 * Path prefix -> service, longest prefix first. The chart's routes, the standalone process and the development ingress
 * lay the services side by side under one origin by this table alone.
 */
export const ORIGIN_ROUTES: readonly { readonly prefix: string; readonly service: Service }[] = [
  { prefix: '/api/v1/tokens', service: 'auth' },
  { prefix: '/api/v1/secret-links', service: 'auth' },
  { prefix: '/secret-link', service: 'auth' },
  { prefix: '/api/v1/organisations', service: 'auth' },
  { prefix: '/api/v1/users', service: 'auth' },
  { prefix: '/api/v1/teams', service: 'auth' },
  { prefix: '/api/v1/service-accounts', service: 'auth' },
  { prefix: '/api/v1/sessions', service: 'auth' },
  { prefix: '/api/v1/account', service: 'auth' },
  { prefix: '/api/v1/roles', service: 'auth' },
  { prefix: '/api/v1/audit', service: 'auth' },
  { prefix: '/api/v1/oauth', service: 'auth' },
  { prefix: '/api/v1/budgets', service: 'auth' },
  { prefix: '/api/v1/limits', service: 'auth' },
  { prefix: '/api/v1/incidents', service: 'auth' },
  { prefix: '/api/v1/watching', service: 'auth' },
  { prefix: '/api/v1/providers', service: 'catalog' },
  { prefix: '/api/v1/credentials', service: 'catalog' },
  { prefix: '/api/v1/models', service: 'catalog' },
  { prefix: '/api/v1/deployments', service: 'catalog' },
  { prefix: '/api/v1/routes', service: 'catalog' },
  { prefix: '/api/v1/usage', service: 'analytics' },
  { prefix: '/api/openapi.json', service: 'catalog' },
  { prefix: '/api/docs', service: 'catalog' },
  { prefix: '/oauth', service: 'auth' },
  { prefix: '/.well-known/openid-configuration', service: 'auth' },
  // RFC 8414 puts the path of an issuer behind it.
  { prefix: '/.well-known/oauth-authorization-server', service: 'auth' },
  { prefix: '/v1', service: 'router' },
  { prefix: '/v1beta', service: 'router' },
  { prefix: '/anthropic', service: 'router' },
  { prefix: '/gemini', service: 'router' },
];

/** The service that answers a path (without query), or null. A prefix matches whole segments only. */
export function serviceOfPath(path: string): Service | null {
  for (const { prefix, service } of ORIGIN_ROUTES) {
    if (path === prefix || path.startsWith(`${prefix}/`)) return service;
  }
  return null;
}
