import { DEFAULT_BRAND, generateToken } from '@tollgate/policy';
import type { Mint } from '../tokens/create-token.js';

/** `tgw_...`: what requests to a receiver are signed with. Shown once. */
export const makeSigningSecret = ({ randomBytes, brand = DEFAULT_BRAND }: Mint): string =>
  generateToken({ type: 'w', environment: 'live', randomBytes, brand }).text;
