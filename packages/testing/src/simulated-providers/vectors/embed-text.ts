import { hash } from '../meaning/decide-reply.js';

/** A vector of length 1 that depends on the text alone; texts that share words lie closer together. */
export function embedText(text: string, dimensions: number): readonly number[] {
  const sums = new Float64Array(dimensions);
  for (const word of text.toLowerCase().match(/\w+/g) ?? ['']) {
    let state = hash(word);
    for (let index = 0; index < dimensions; index += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      sums[index] = (sums[index] as number) + state / 2 ** 31 - 1;
    }
  }
  const length = Math.sqrt(sums.reduce((sum, value) => sum + value * value, 0)) || 1;
  return Array.from(sums, (value) => Math.fround(value / length));
}

/** The form that `encoding_format: base64` asks for: 32-bit floats, little end first. */
export const packVector = (vector: readonly number[]): string => Buffer.from(new Float32Array(vector).buffer).toString('base64');
