const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?$/;

/** A decimal text as a whole number of 10^-scale; throws `RangeError` on a text that is none or has more decimals than that. */
export function parseDecimal(text: string, scale: number): bigint {
  const match = DECIMAL.exec(text);
  const decimals = match?.[3] ?? '';
  if (match === null || decimals.length > scale)
    throw new RangeError(`${JSON.stringify(text)} is no decimal of at most ${scale} places`);
  const digits = BigInt(`${match[2]}${decimals.padEnd(scale, '0')}`);
  return match[1] === '-' ? -digits : digits;
}

/** The shortest decimal text of `value` x 10^-scale: no trailing zeros, no exponent. */
export function formatDecimal(value: bigint, scale: number): string {
  if (value < 0n) return `-${formatDecimal(-value, scale)}`;
  const digits = value.toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === 0x30) end -= 1;
  return end === point ? digits.slice(0, point) : `${digits.slice(0, point)}.${digits.slice(point, end)}`;
}
