const LENGTH = 9;
const OWN = /^[a-zA-Z0-9]{9}$/;
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';

/**
 * Ids of nine letters and digits, the only ones that the vendor takes for its own models' calls ("Tool call id was ... but
 * must be a-z, A-Z, 0-9, with a length of 9", https://docs.mistral.ai/capabilities/function_calling). One that is made up
 * follows from the caller's id alone, so that a conversation is written alike in each turn and its cache stays warm.
 */
export class CallIds {
  private readonly given = new Map<string, string>();
  private readonly taken = new Set<string>();

  idOf(id: string): string {
    const before = this.given.get(id);
    if (before !== undefined) return before;
    let made = OWN.test(id) ? id : digest(id);
    for (let salt = 1; this.taken.has(made); salt += 1) made = digest(`${id}/${salt}`);
    this.given.set(id, made);
    this.taken.add(made);
    return made;
  }
}

/** FNV-1a (RFC 9923) twice, from two ends of its range: to tell ids apart, not to hide them. */
function digest(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193) >>> 0;
    high = Math.imul(high ^ unit ^ (low >>> 13), 0x85ebca6b) >>> 0;
  }
  let made = '';
  for (let i = 0; i < LENGTH; i += 1) {
    const from = i % 2 === 0 ? low : high;
    made += DIGITS[from % 36];
    if (i % 2 === 0) low = Math.floor(low / 36);
    else high = Math.floor(high / 36);
  }
  return made;
}
