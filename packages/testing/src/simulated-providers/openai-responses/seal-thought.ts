import { signThought } from '../meaning/sign-thought.js';

/** Reasoning that the caller keeps and cannot read: `encrypted_content`. */
export const sealThought = (thought: string): string =>
  `gAAAAAB${Buffer.from(JSON.stringify([thought, signThought('openai', thought)])).toString('base64url')}`;

/** The thought, null where one byte of it was changed. */
export function openThought(sealed: string): string | null {
  try {
    const [thought, signature] = JSON.parse(Buffer.from(sealed.slice(7), 'base64url').toString('utf8')) as [string, string];
    return sealThought(thought) === sealed && signature === signThought('openai', thought) ? thought : null;
  } catch {
    return null;
  }
}
