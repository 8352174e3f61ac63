import { STATE } from './grammar.js';

/** The byte after a whole number. */
export const NUMBER_ENDS = -1;
export const NUMBER_BROKEN = -2;

/** The state after one more byte of a number (RFC 8259, section 6), or one of the constants above. */
export function nextNumberState(state: number, byte: number): number {
  const digit = byte >= 0x30 && byte <= 0x39;
  switch (state) {
    case STATE.minus:
      return byte === 0x30 ? STATE.zero : digit ? STATE.integer : NUMBER_BROKEN;
    case STATE.zero:
    case STATE.integer:
      if (digit) return state === STATE.integer ? STATE.integer : NUMBER_BROKEN;
      if (byte === 0x2e) return STATE.point;
      return byte === 0x65 || byte === 0x45 ? STATE.exponent : NUMBER_ENDS;
    case STATE.point:
      return digit ? STATE.fraction : NUMBER_BROKEN;
    case STATE.fraction:
      if (digit) return STATE.fraction;
      return byte === 0x65 || byte === 0x45 ? STATE.exponent : NUMBER_ENDS;
    case STATE.exponent:
      if (byte === 0x2b || byte === 0x2d) return STATE.exponentSign;
      return digit ? STATE.exponentDigits : NUMBER_BROKEN;
    case STATE.exponentSign:
      return digit ? STATE.exponentDigits : NUMBER_BROKEN;
    default:
      return digit ? STATE.exponentDigits : NUMBER_ENDS;
  }
}
