import type { Finding } from '@tollgate/policy';

/** The key that a finding is about. */
export interface FoundKey {
  readonly id: string;
  readonly publicId: string;
  readonly name: string;
}

/** Something that somebody should look at. */
export interface Raised {
  readonly finding: Finding;
  /** Findings of one rule about one subject are one incident while it is open: id of a key, a grant or a budget, or a network. */
  readonly subject: string;
  readonly key: FoundKey | null;
}
