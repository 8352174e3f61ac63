import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM_LENGTH = 6;
const SECRET_LENGTH = 43;

export interface Forgery {
  readonly kind: string;
  readonly text: string;
}

const pick = (random: () => number, below: number): number => Math.floor(random() * below);
const letters = (random: () => number, length: number): string =>
  Array.from({ length }, () => ALPHABET[pick(random, ALPHABET.length)]).join('');

/** Written here once more, and not taken from the product, so that a mistake there is not made twice. */
function checksumOf(body: string): string {
  let [value, text] = [crc32(body), ''];
  for (let index = 0; index < CHECKSUM_LENGTH; index += 1) {
    text = (ALPHABET[value % 62] as string) + text;
    value = Math.floor(value / 62);
  }
  return text;
}
const sealed = (body: string): string => body + checksumOf(body);

/** A token of the right shape and checksum: of a known id with another secret, or of an id that nobody has. */
export const withChecksum = (prefix: string, publicId: string, random: () => number): string =>
  sealed(`${prefix}_${publicId}_${letters(random, SECRET_LENGTH)}`);

export const unknownId = (random: () => number): string => letters(random, 12);

/** Is our own checksum that of the product? Without this, "correct checksum" would mean nothing. */
export const checksumHolds = (token: string): boolean => sealed(token.slice(0, -CHECKSUM_LENGTH)) === token;

/** Every way to spoil a good token that we could think of, `rounds` times each. */
export function forgeriesOf(good: string, random: () => number, rounds: number): Forgery[] {
  const [prefix = '', publicId = '', rest = ''] = good.split(/_(?=[0-9A-Za-z]{12}_|[0-9A-Za-z]{49}$)/);
  const secret = rest.slice(0, SECRET_LENGTH);
  const made: Forgery[] = [];
  const add = (kind: string, text: string): void => {
    // Nothing at all is no forgery: who sends no token is told that.
    if (text !== good && text.trim() !== '') made.push({ kind, text });
  };
  for (let round = 0; round < rounds; round += 1) {
    const at = pick(random, good.length);
    add('cut', good.slice(0, at));
    add('cut', good.slice(at + 1));
    add('cut', good.slice(0, at) + good.slice(at + 1));
    add('padded', good + letters(random, 1 + pick(random, 8)));
    add('padded', letters(random, 1 + pick(random, 8)) + good);
    add('padded', good.slice(0, at) + letters(random, 1) + good.slice(at));
    add('padded', `${good}${['=', '.', '%20', '\\n', ';', ','][pick(random, 6)]}`);
    add('recased', recase(good, at));
    add('edited', good.slice(0, at) + letters(random, 1) + good.slice(at + 1));
    add('swapped', swap(good, at));
    add('unknown_id', withChecksum(prefix, unknownId(random), random));
    add('wrong_secret', withChecksum(prefix, publicId, random));
    add('secret_edited_checksum_mended', sealed(`${prefix}_${publicId}_${editOne(secret, random)}`));
    add('id_edited_checksum_mended', sealed(`${prefix}_${editOne(publicId, random)}_${secret}`));
    add('id_recased_checksum_mended', sealed(`${prefix}_${recase(publicId, pick(random, 12))}_${secret}`));
  }
  for (const other of [
    'tga_live',
    'tgs_live',
    'tgr_live',
    'tgw_live',
    'tgo_live',
    'tgk_test',
    'TGK_LIVE',
    'abk_live',
    'k_live',
    'tgk',
  ]) {
    if (other !== prefix) add('other_prefix_checksum_mended', sealed(`${other}_${publicId}_${secret}`));
  }
  add('recased', good.toUpperCase());
  add('recased', good.toLowerCase());
  add('twice', good + good);
  add('twice', `${good},${good}`);
  add('twice', `${good} ${good}`);
  return made;
}

const recase = (text: string, from: number): string => {
  for (let step = 0; step < text.length; step += 1) {
    const at = (from + step) % text.length;
    const letter = text[at] as string;
    const other = letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase();
    if (other !== letter) return text.slice(0, at) + other + text.slice(at + 1);
  }
  return text;
};
const swap = (text: string, at: number): string => {
  const next = Math.min(at, text.length - 2);
  return text.slice(0, next) + (text[next + 1] as string) + (text[next] as string) + text.slice(next + 2);
};
const editOne = (text: string, random: () => number): string => {
  const at = pick(random, text.length);
  const own = ALPHABET.indexOf(text[at] as string);
  return text.slice(0, at) + (ALPHABET[(own + 1 + pick(random, 61)) % 62] as string) + text.slice(at + 1);
};
