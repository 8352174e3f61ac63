import type { AttemptEnd } from '@tollgate/policy';
import type { Call } from './call.js';

export const ANSWERED: AttemptEnd = Object.freeze({ kind: 'answered' });
/** The caller left, or the gateway itself failed: says nothing about the provider. */
export const SILENT: AttemptEnd = Object.freeze({ kind: 'silent' });

/** The provider has begun to answer. */
export function noteAnswering({ gate, course }: Call, firstByteMs: number): void {
  if (course !== null) gate.health.answering(course.deployment, firstByteMs, gate.clock.monotonic());
}

/** The attempt under way is over; once for each that was dispatched. */
export function noteEnd({ gate, course }: Call, end: AttemptEnd): void {
  if (course !== null) gate.health.end(course.deployment, end, gate.clock.monotonic());
}
