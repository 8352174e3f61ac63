import type { VariableSpec } from '@tollgate/kernel';

/**
 * `<brand><type>_<environment>_<publicId><_><secret><crc>`, for instance `tgk_live_` + 12 + `_` + 43 + 6 characters.
 * `_` is part of a word everywhere, so that a double-click takes the whole token.
 */
export const DEFAULT_BRAND = 'tg';
/** The same in every process that makes or checks tokens. */
export const TOKEN_BRAND_VARIABLE: VariableSpec<string> = {
  name: 'TOLLGATE_TOKEN_BRAND',
  purpose: 'First letters of tokens; a token of another brand is refused, so it is chosen once.',
  expected: '2 to 8 lower-case letters and digits that begin with a letter',
  fallback: DEFAULT_BRAND,
  parse: (text) => (/^[a-z][a-z0-9]{1,7}$/.test(text) ? text : null),
};
export const PUBLIC_ID_LENGTH = 12;
/** 32 random bytes in base 62. */
export const SECRET_LENGTH = 43;
export const SECRET_BYTES = 32;
/** CRC32 in base 62. It finds typing errors and lets scanners work offline; it is no security. */
export const CHECKSUM_LENGTH = 6;

/** k API key, a management key, o secret of an OAuth client, s opaque access token, r refresh token, w webhook secret. */
export const TOKEN_TYPES = ['k', 'a', 'o', 's', 'r', 'w'] as const;
export type TokenType = (typeof TOKEN_TYPES)[number];
export const TOKEN_ENVIRONMENTS = ['live', 'test'] as const;
export type TokenEnvironment = (typeof TOKEN_ENVIRONMENTS)[number];

const ENVIRONMENT_LENGTH = 4;
/** Everything after the brand: type, `_`, environment, `_`, public id, `_`, secret, checksum. */
export const LENGTH_AFTER_BRAND = 1 + 1 + ENVIRONMENT_LENGTH + 1 + PUBLIC_ID_LENGTH + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;

/** A text of the right shape and checksum. Whether the token exists is another question. */
export interface ParsedToken {
  /** The whole token: a secret. */
  readonly text: string;
  readonly type: TokenType;
  readonly environment: TokenEnvironment;
  /** May be shown and logged. */
  readonly publicId: string;
}
