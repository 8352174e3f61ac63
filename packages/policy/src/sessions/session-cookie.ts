/** What the browser sends it in. `__Host-` binds it to this very host, to https and to no path. */
export const sessionCookieName = (secure: boolean): string => (secure ? '__Host-tollgate' : 'tollgate');
export const deviceCookieName = (secure: boolean): string => (secure ? '__Host-tollgate-device' : 'tollgate-device');

export const CSRF_HEADER = 'x-tollgate-csrf';

const COOKIES_MAX = 100;

/** The value of the one cookie of that name; null where there is none, or several (somebody has put one beside ours). */
export function readCookie(header: string | undefined, name: string): string | null {
  if (header === undefined) return null;
  const values: string[] = [];
  for (const part of header.split(';', COOKIES_MAX)) {
    const equals = part.indexOf('=');
    if (equals >= 0 && part.slice(0, equals).trim() === name) values.push(part.slice(equals + 1).trim());
  }
  return values.length === 1 ? (values[0] ?? null) : null;
}

export interface CookieToSet {
  readonly name: string;
  readonly value: string;
  readonly secure: boolean;
  /** 0 removes it. */
  readonly maxAgeSeconds: number;
}

/** RFC 6265. Scripts never see it, and other sites' forms do not bring it. */
export const writeCookie = ({ name, value, secure, maxAgeSeconds }: CookieToSet): string =>
  `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
