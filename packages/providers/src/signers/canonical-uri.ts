/** RFC 3986's unreserved characters stay; all else becomes %XX of its UTF-8 bytes, in upper case. */
export const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * The path as SigV4 signs it: each segment of the path on the wire is encoded once more, so what was encoded to travel (the
 * colons and slashes of a model's ARN) is encoded twice here, as every service but S3 wants.
 */
export function canonicalPath(path: string, normalize: boolean): string {
  const resolved = normalize ? withoutDots(path) : path;
  return resolved.split('/').map(encodeStrictly).join('/') || '/';
}

function withoutDots(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const trailing = kept.length > 0 && /\/\.{0,2}$/.test(path) ? '/' : '';
  return `/${kept.join('/')}${trailing}`;
}

/** Parameters by encoded name and then value; one without a value gets an empty one. What is encoded already is not encoded again. */
export function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').map((part) => {
    const split = part.indexOf('=');
    const [name, value] = split < 0 ? [part, ''] : [part.slice(0, split), part.slice(split + 1)];
    return [encodeStrictly(decoded(name)), encodeStrictly(decoded(value))] as const;
  });
  pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray % stands for itself.
    return text;
  }
}
