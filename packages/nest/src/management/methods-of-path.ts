import type { RouteFact } from '../boot/assert-routes.js';

type FindMethods = (path: string) => readonly string[];

/** Which methods a path of these routes has, in alphabetical order; none where there is no such path. GET brings HEAD along. */
export function methodsOfPath(routes: readonly Pick<RouteFact, 'verb' | 'path'>[]): FindMethods {
  const rows = routes.map(({ verb, path }) => ({ verb, parts: path.split('/') }));
  return (path) => {
    const asked = path.split('/');
    const matches = (parts: readonly string[]): boolean =>
      parts.length === asked.length &&
      parts.every((part, index) => (part.startsWith(':') ? asked[index] !== '' : part === asked[index]));
    const found = rows.filter(({ parts }) => matches(parts)).map(({ verb }) => verb);
    return [...new Set(found.includes('GET') ? [...found, 'HEAD'] : found)].sort();
  };
}
