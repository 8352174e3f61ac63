import {
  type CreateCredential,
  type Credential,
  type CredentialCheck,
  type CredentialTestReply,
  CredentialTestReplySchema,
  type CredentialTestRequest,
  type CredentialTestView,
  SUBJECTS,
  type UpstreamProvider,
} from '@tollgate/contracts';
import { decodeJson, encodeJson } from '@tollgate/kernel';
import { InvalidFieldsError } from '@tollgate/nest';
import { type Transport, TransportError } from '@tollgate/transport';

/** Longer than the adapter waits for the provider. */
const TIMEOUT_MS = 15_000;

export interface TestableProvider {
  readonly provider: UpstreamProvider;
  /** null = nobody knows a free call by which its keys could be tried. */
  readonly check: CredentialCheck | null;
}

/** Has an adapter ask the provider: only adapters can open what is sealed. That nobody could be asked is an outcome, too. */
export async function testCredential(
  transport: Transport,
  { provider, check }: TestableProvider,
  credential: Credential,
): Promise<CredentialTestReply> {
  if (credential.source === 'none') return unknown('There is no key to be tried.');
  if (check === null) return unknown('The provider documents no free call that tells a good key from a bad one.');
  const request: CredentialTestRequest = { v: 1, provider, credential, check };
  try {
    const answer = await transport.request(SUBJECTS.credentialTest, encodeJson(request), { timeoutMs: TIMEOUT_MS });
    return CredentialTestReplySchema.parse(decodeJson(answer));
  } catch (cause) {
    if (!(cause instanceof TransportError)) throw cause;
    return unknown('No provider adapter has answered.');
  }
}

/**
 * Tries a key before it is stored. Throws where the provider refuses it and that was not allowed for; null = nobody was asked.
 */
export async function testBeforeStoring(
  transport: Transport,
  wish: CreateCredential['test'],
  provider: TestableProvider,
  credential: Credential,
): Promise<CredentialTestReply | null> {
  if (wish === 'skip') return null;
  const reply = await testCredential(transport, provider, credential);
  if (reply.outcome !== 'refused' || wish === 'report') return reply;
  throw new InvalidFieldsError([
    { pointer: '/secret', detail: `is refused by the provider. ${reply.detail} Send "test": "report" to store it all the same.` },
  ]);
}

const unknown = (detail: string): CredentialTestReply => ({ outcome: 'unknown', detail });

export const testViewOf = (test: CredentialTestReply | null, testedAt: Date | null): CredentialTestView | null =>
  test === null || testedAt === null ? null : { outcome: test.outcome, detail: test.detail, tested_at: testedAt.toISOString() };
