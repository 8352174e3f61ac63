import { createHash } from 'node:crypto';

interface Line {
  readonly header?: Record<string, unknown>;
  readonly event?: Record<string, unknown>;
  readonly checkpoint?: Record<string, unknown>;
}

export interface Mutation {
  readonly kind: string;
  readonly lines: readonly string[];
  /** Where it must be found (1-based); null where that depends on what comes after it. */
  readonly line: number | null;
}

export interface MutationNeeds {
  /** Of the export, without their ends. */
  readonly lines: readonly string[];
  /** Of an export of another tenant, signed with the same key. */
  readonly foreign: readonly string[];
  random(): number;
}

export const MUTATION_KINDS = [
  'edit_byte',
  'edit_field',
  'remove',
  'swap',
  'duplicate',
  'truncate',
  'drop_checkpoint',
  'rehash_tail',
  'replace_signature',
  'foreign_event',
  'foreign_checkpoint',
  'insert_field',
] as const;
export type MutationKind = (typeof MUTATION_KINDS)[number];

/** Changes an export as somebody would who can write to it but has not the signing key. */
export function mutate(kind: MutationKind, needs: MutationNeeds): Mutation {
  const { lines, foreign, random } = needs;
  const whole = (below: number): number => Math.floor(random() * below);
  const pick = (which: 'event' | 'checkpoint', of = lines): number => {
    const places = of.flatMap((line, index) => (line.startsWith(`{"${which}"`) ? [index] : []));
    return places[whole(places.length)] as number;
  };
  const at = whole(lines.length);
  const made = (changed: readonly string[], line: number | null): Mutation => ({ kind, lines: changed, line });
  const replaced = (index: number, text: string): Mutation => made(lines.with(index, text), index + 1);
  switch (kind) {
    case 'edit_byte':
      return replaced(at, editByte(lines[at] as string, random));
    case 'edit_field':
      return replaced(at, editField(lines[at] as string, random));
    case 'insert_field':
      return replaced(at, (lines[at] as string).replace(/^\{"(\w+)":\{/, '{"$1":{"aaa":null,'));
    case 'remove':
      return made(lines.toSpliced(at, 1), null);
    case 'duplicate':
      return made(lines.toSpliced(at, 0, lines[at] as string), null);
    case 'truncate':
      return made(lines.slice(0, 1 + whole(lines.length - 1)), null);
    case 'swap': {
      const other = (at + 1 + whole(lines.length - 1)) % lines.length;
      return made(lines.with(at, lines[other] as string).with(other, lines[at] as string), Math.min(at, other) + 1);
    }
    case 'drop_checkpoint':
      return made(lines.toSpliced(pick('checkpoint'), 1), null);
    case 'rehash_tail':
      return made(rehashTail(lines, pick('event')), null);
    case 'replace_signature':
      return replaceSignature(lines, pick('checkpoint'), random, replaced);
    case 'foreign_event':
      return replaced(pick('event'), foreign[pick('event', foreign)] as string);
    case 'foreign_checkpoint':
      return replaced(pick('checkpoint'), foreign[pick('checkpoint', foreign)] as string);
  }
}

const ALPHABET = 'ABCXYZabcxyz0189-_.:,{}[]" ';

function editByte(line: string, random: () => number): string {
  for (;;) {
    const place = Math.floor(random() * line.length);
    const character = ALPHABET[Math.floor(random() * ALPHABET.length)] as string;
    // A character outside of the BMP is two places: half of one is no text any more.
    const code = line.charCodeAt(place);
    if (line[place] !== character && (code < 0xd800 || code > 0xdfff)) {
      return line.slice(0, place) + character + line.slice(place + 1);
    }
  }
}

/** Another value for one field, and the line stays one that a program could have written. */
function editField(line: string, random: () => number): string {
  const entry = JSON.parse(line) as Line;
  const fields = (entry.header ?? entry.event ?? entry.checkpoint) as Record<string, unknown>;
  const names = Object.keys(fields);
  const name = names[Math.floor(random() * names.length)] as string;
  const value = fields[name];
  if (typeof value === 'number') fields[name] = value + 1;
  else if (typeof value === 'boolean') fields[name] = !value;
  else if (typeof value === 'string') fields[name] = value === '' ? 'x' : value.slice(0, -1) + (value.endsWith('0') ? '1' : '0');
  else fields[name] = value === null ? 'something' : null;
  return canonical(entry);
}

/** One event says something else, and all hashes from there on are made anew. */
function rehashTail(lines: readonly string[], from: number): readonly string[] {
  let previous: unknown = null;
  return lines.map((line, index) => {
    const { event } = JSON.parse(line) as Line;
    if (event === undefined || index < from) return line;
    const { hash: _, ...open } = event;
    const changed = { ...open, ...(previous === null ? { reason: 'rewritten' } : { prev_hash: previous }) };
    previous = createHash('sha256').update(canonical(changed)).digest('hex');
    return canonical({ event: { ...changed, hash: previous } });
  });
}

function replaceSignature(
  lines: readonly string[],
  index: number,
  random: () => number,
  replaced: (index: number, text: string) => Mutation,
): Mutation {
  const { checkpoint } = JSON.parse(lines[index] as string) as { checkpoint: Record<string, unknown> };
  const bytes = Buffer.from(String(checkpoint['signature']), 'base64url');
  const place = Math.floor(random() * bytes.length);
  bytes[place] = (bytes[place] as number) ^ (1 << Math.floor(random() * 8));
  return replaced(index, canonical({ checkpoint: { ...checkpoint, signature: bytes.toString('base64url') } }));
}

/** RFC 8785, written anew from docs/audit.md: what the product uses for it is not used here. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join(',')}}`;
}
