import type { CredentialTestReply, CredentialTestRequest } from '@tollgate/contracts';
import { judgeCheck } from '@tollgate/providers';
import { classifyError } from '../dispatch/classify-error.js';
import { authHeaders, readAddress } from '../snapshot/target.js';
import type { UpstreamPools } from '../upstream/pools.js';
import type { CredentialOpener } from './open-credential.js';

/** The whole of it: look-up, connect, answer. */
const TEST_MS = 8_000;
/** What a provider says is not read, but so much of it may come. */
const ANSWER_BYTES_MAX = 262_144;

/**
 * Asks the provider what it says to a key, by a call that costs nothing, over the same guarded connections as all calls.
 * Redirects are not followed; nothing that the provider says but its status goes on.
 */
export async function testCredential(
  { provider, credential, check }: CredentialTestRequest,
  opener: CredentialOpener,
  pools: UpstreamPools,
): Promise<CredentialTestReply> {
  const address = readAddress(provider, check.path);
  if (!address.ok) return notAsked('The base URL of the provider is not usable.');
  const secret = opener.open(credential);
  if (!secret.ok) return notAsked('The adapter cannot open the credential.');
  const auth = authHeaders(provider, secret.value);
  if (!auth.ok) return notAsked('The adapter cannot write the signature that the provider asks for.');
  const ask = async (key: readonly string[]): Promise<number> => {
    const headers = ['accept', 'application/json', 'accept-encoding', 'identity', 'user-agent', 'tollgate', ...key];
    for (const [name, value] of Object.entries(provider.headers)) headers.push(name.toLowerCase(), value);
    const { statusCode, body } = await pools.of(address.value.origin, provider.allowPrivateNetwork).request({
      path: address.value.path,
      method: check.method,
      headers,
      signal: AbortSignal.timeout(TEST_MS),
    });
    // The status stands; whether the rest arrives does not matter.
    await body.dump({ limit: ANSWER_BYTES_MAX }).catch(() => undefined);
    return statusCode;
  };
  try {
    const status = await ask(auth.value);
    const outcome = judgeCheck(check, status);
    if (outcome === 'unknown')
      return { ...unknown(`It answered with HTTP ${status}, which says nothing of the key.`), reached: true };
    if (outcome === 'accepted' && check.asksForKey === false && judgeCheck(check, await ask([])) !== 'refused') {
      return { ...unknown('It answers, but to everybody: what it says to this key is not known.'), reached: true };
    }
    return { outcome, reached: true, detail: `It answered with HTTP ${status}.` };
  } catch (error) {
    return unknown(problemOf(error));
  }
}

/** Words of ours: an error of a socket names addresses that only the log may see. */
function problemOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `It did not answer within ${TEST_MS / 1_000} s.`;
  return classifyError(error, false).message;
}

const notAsked = (detail: string): CredentialTestReply => ({ outcome: 'unknown', detail });
const unknown = (detail: string): CredentialTestReply => ({ outcome: 'unknown', reached: false, detail });
