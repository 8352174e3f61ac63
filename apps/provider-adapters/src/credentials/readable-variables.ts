/** The gateway's own: no configuration file may have them sent to a provider. */
const RESERVED = /^(TOLLGATE_|OTEL_|DATABASE_URL|NATS_URL|PUBLIC_URL|NODE_|PATH$|HOME$)/;

/**
 * What a credential may name: the variables of known providers, and any other that the operator has set for a provider of
 * their own and named in tollgate.yaml (only that file can name one; the management API takes secrets, not names).
 */
export function readableVariables(
  ofProviders: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const others = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '' && !RESERVED.test(entry[0]),
  );
  return { ...Object.fromEntries(others), ...ofProviders };
}
