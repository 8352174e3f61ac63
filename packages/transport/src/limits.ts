/** Longest body of a stream, bytes: 32 MiB for the caller's body, 1 MiB of slack for what goes with it. */
export const MAX_BODY_BYTES = 33 * 1024 * 1024;
/** Bodies that came in parts and belong to streams under way, in one serving process, bytes; one more is refused. */
export const LARGE_BODIES_BYTES_MAX = 512 * 1024 * 1024;
/** Credit before the first grant, bytes. */
export const WINDOW_BYTES = 256 * 1024;
/** What a sender may push in spite of missing credit before its stream fails, bytes. */
export const OVERRUN_BYTES_MAX = 1024 * 1024;
/** Any text that a subject must not be: wildcards would mean different things to the two implementations. */
const BAD_SUBJECT = /[\s*>]/;

/** Throws where a subject is not a literal one; called when somebody subscribes, not for each message. */
export function checkSubject(subject: string): void {
  if (subject === '' || BAD_SUBJECT.test(subject)) throw new RangeError(`${JSON.stringify(subject)} is not a literal subject`);
}
