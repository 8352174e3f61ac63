/** The decimal text that a number was written as: the shortest that reads back as the same number, without an exponent. */
export function decimalOf(value: number): string {
  if (!Number.isFinite(value) || value < 0) throw new RangeError(`${value} is no price`);
  const [digits = '', exponentText] = String(value).split('e');
  if (exponentText === undefined) return digits;
  const exponent = Number(exponentText);
  const [whole = '', fraction = ''] = digits.split('.');
  if (exponent < 0) return `0.${'0'.repeat(-exponent - whole.length)}${whole}${fraction}`;
  return `${whole}${fraction.padEnd(exponent, '0')}`;
}
