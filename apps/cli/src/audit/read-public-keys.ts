import { readFileSync } from 'node:fs';
import { type AuditPublicKey, readAuditPublicKey } from '@tollgate/policy';
import { CliError, EXIT } from '../cli-io.js';

/** Each PEM of a text, or else each of its lines. */
const PARTS = /-----BEGIN PUBLIC KEY-----[\s\S]*?-----END PUBLIC KEY-----|\S+/g;

/** The keys of a file: PEMs, 32 bytes in base64url a line, or the answer of `/api/v1/audit/keys`. */
export function readPublicKeys(path: string): readonly AuditPublicKey[] {
  const text = readText(path);
  const keys = textsOf(text).map(readAuditPublicKey);
  if (keys.length === 0 || keys.includes(null)) {
    throw new CliError(EXIT.usage, `${path} holds no Ed25519 public key (PEM, base64url, or the answer of /api/v1/audit/keys)`);
  }
  return keys.filter((key) => key !== null);
}

function textsOf(text: string): readonly string[] {
  if (!text.trimStart().startsWith('{')) return text.match(PARTS) ?? [];
  const data = (readJson(text) as { data?: unknown } | null)?.data;
  return Array.isArray(data) ? data.map((key: { public_key?: unknown } | null) => String(key?.public_key)) : [];
}

export interface KeptCheckpoint {
  readonly tenant: string;
  readonly seq: number;
  readonly hash: string;
}

/** One checkpoint, or a page of `/api/v1/audit/checkpoints`. */
export function readKeptCheckpoints(path: string): readonly KeptCheckpoint[] {
  const value = readJson(readText(path)) as { data?: unknown } | null;
  const list = Array.isArray(value?.data) ? value.data : [value];
  const good = list.every(
    (each: Partial<KeptCheckpoint> | null) =>
      typeof each?.tenant === 'string' && Number.isSafeInteger(each.seq) && typeof each.hash === 'string',
  );
  if (!good || list.length === 0) throw new CliError(EXIT.usage, `${path} holds no checkpoint`);
  return list as KeptCheckpoint[];
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(EXIT.failed, `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
