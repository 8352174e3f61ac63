/** Somebody who may sign in to the organisation, as the OAuth server needs to know them. */
export interface SignedInUser {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Scopes that they hold in the whole organisation and so may grant. */
  readonly permissions: readonly string[];
}

export interface SignInAttempt {
  readonly email: string;
  readonly password: string;
  readonly organisationId: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
}

export type SignInOutcome =
  | { readonly ok: true; readonly user: SignedInUser }
  /** `message` is for the person; it says the same of an unknown address as of a wrong password. */
  | { readonly ok: false; readonly message: string; readonly retryAfterMs: number | null };

/** Who people are; the room of users and sessions knows. */
export interface SignInService {
  signIn(attempt: SignInAttempt): Promise<SignInOutcome>;
  /** An active member of the organisation, or null. Asked at each use of what they granted. */
  find(userId: string, organisationId: string): Promise<SignedInUser | null>;
}
export const SIGN_IN = Symbol('SignIn');
