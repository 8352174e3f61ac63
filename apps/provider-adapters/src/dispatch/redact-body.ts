import { REDACTED, redactText } from '@tollgate/telemetry';

/** A provider's own words, without our credential (also as JSON writes it) and without anything that looks like one. */
export function redactBody(text: string, secret: string | null): string {
  if (secret === null) return redactText(text);
  const escaped = JSON.stringify(secret).slice(1, -1);
  return redactText(text.replaceAll(secret, REDACTED).replaceAll(escaped, REDACTED));
}
