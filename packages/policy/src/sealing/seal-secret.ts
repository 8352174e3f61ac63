import { createCipheriv, diffieHellman, generateKeyPairSync, randomBytes } from 'node:crypto';
import { contentKey, IV_BYTES, publicKeyOf, rawPublicKeyOf, VERSION } from './envelope.js';

/**
 * Encrypts a secret so that only the holder of the private half can read it: ephemeral X25519, HKDF-SHA256, AES-256-GCM.
 * `aad` binds it to its place (the credential's id): moved to another row it no longer opens. The randomness comes from
 * node:crypto and not from an argument, because a repeated ephemeral key would give the secret away. Returns base64url.
 */
export function sealSecret(publicKeyRaw: Uint8Array, plaintext: string, aad: string): string {
  const ephemeral = generateKeyPairSync('x25519');
  const ephemeralRaw = rawPublicKeyOf(ephemeral.publicKey);
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: publicKeyOf(publicKeyRaw) });
  const iv = randomBytes(IV_BYTES);
  const header = Buffer.concat([Buffer.of(VERSION), ephemeralRaw, iv]);
  const cipher = createCipheriv('aes-256-gcm', contentKey(shared, ephemeralRaw, publicKeyRaw), iv);
  cipher.setAAD(Buffer.concat([Buffer.of(VERSION), Buffer.from(aad, 'utf8')]));
  const sealed = [header, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(sealed).toString('base64url');
}
