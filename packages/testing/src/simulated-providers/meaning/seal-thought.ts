import { signThought } from './sign-thought.js';

/** Reasoning that the caller keeps and cannot read. */
export const sealThought = (vendor: string, thought: string): string =>
  Buffer.from(JSON.stringify([thought, signThought(vendor, thought)])).toString('base64');

/** The thought, null where one byte of it was changed. */
export function openThought(vendor: string, sealed: string): string | null {
  try {
    const [thought] = JSON.parse(Buffer.from(sealed, 'base64').toString('utf8')) as [string];
    return sealThought(vendor, thought) === sealed ? thought : null;
  } catch {
    return null;
  }
}
