import { Inject, Injectable } from '@nestjs/common';
import type { Options } from '@node-rs/argon2';
import { type RandomBytes, TollgateError } from '@tollgate/kernel';
import { InvalidFieldsError, RANDOM_BYTES } from '@tollgate/nest';
import { COMMON_PASSWORDS } from './common-passwords.js';

/** OWASP, Password Storage Cheat Sheet: argon2id (the library's default) with 19 MiB, two passes, one lane; some 20 ms. */
const COST: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Two at once leave half of the thread pool to files and names; the others wait in line, and a flood is turned away. */
const AT_ONCE = 2;
const WAITING_MAX = 40;

/** Loaded with the first password: a process that only answers for keys does without it. */
const argon2 = () => import('@node-rs/argon2');

/** Hashes and checks passwords, never more than {@link AT_ONCE} at a time: 40 MiB and two threads, whoever knocks. */
@Injectable()
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  /** Of no password: for addresses that nobody has, so that they take as long as others. */
  private nobody: Promise<string> | null = null;

  constructor(@Inject(RANDOM_BYTES) private readonly randomBytes: RandomBytes) {}

  hash(password: string): Promise<string> {
    return this.inLine(async () => (await argon2()).hash(textOf(password), COST));
  }

  /** `stored` null = there is no such user: false, after the same work. */
  async matches(password: string, stored: string | null): Promise<boolean> {
    const good = await this.inLine(async () => {
      const { hash, verify } = await argon2();
      this.nobody ??= hash(this.randomBytes(32), COST).catch((error: unknown) => {
        this.nobody = null;
        throw error;
      });
      // Awaited whether or not it is needed: the first sign-in tells nobody either.
      const nobody = await this.nobody;
      return verify(stored ?? nobody, textOf(password));
    });
    return good && stored !== null;
  }

  private async inLine<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= AT_ONCE) {
      if (this.waiting.length >= WAITING_MAX) {
        throw new TollgateError('overloaded', 'Too many people sign in at once. Try again shortly.', { retryAfterMs: 2_000 });
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}

/** The same characters, however a keyboard composes them (NIST SP 800-63B). */
const textOf = (password: string): string => password.normalize('NFKC');

/** Long is what counts; these are guessed first all the same. */
export function assertGoodPassword(password: string, email: string): void {
  const plain = textOf(password).toLowerCase();
  const refuse = (detail: string): never => {
    throw new InvalidFieldsError([{ pointer: '/new_password', detail }]);
  };
  if (plain === email || plain === email.slice(0, email.indexOf('@'))) refuse('is the email address');
  if (new Set(plain).size < 5) refuse('repeats a few characters');
  if (COMMON_PASSWORDS.has(plain) || COMMON_PASSWORDS.has(plain.replace(/[^a-z0-9]+$/, '')))
    refuse('is among the passwords that are guessed first');
}

const ALPHABET = '23456789abcdefghjkmnpqrstuvwxyz';
const GROUPS = 5;
const GROUP_LETTERS = 5;

/** 25 letters without look-alikes, more than 120 bits, in groups that can be read out. */
export function makeInitialPassword(randomBytes: RandomBytes): string {
  const letters: string[] = [];
  while (letters.length < GROUPS * GROUP_LETTERS) {
    for (const byte of randomBytes(64)) {
      // The rest of the range would favour the first letters.
      if (byte < ALPHABET.length * 8 && letters.length < GROUPS * GROUP_LETTERS)
        letters.push(ALPHABET[byte % ALPHABET.length] as string);
    }
  }
  return Array.from({ length: GROUPS }, (_, group) =>
    letters.slice(group * GROUP_LETTERS, (group + 1) * GROUP_LETTERS).join(''),
  ).join('-');
}
