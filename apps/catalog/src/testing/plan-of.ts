import { CHAT_DIALECTS } from '@tollgate/contracts';
import { HealthBook, indexSnapshot, type Plan, type PlanRefusal, plan } from '@tollgate/policy';
import type { Transport } from '@tollgate/transport';
import { fetchView } from './open-bed.js';

/** What a router that has seen nothing yet would do with a chat completion. */
export async function planOf(transport: Transport, model: string, organisationId = 'org_x'): Promise<Plan | PlanRefusal> {
  const index = indexSnapshot(await fetchView(transport, 'routing'));
  const intent = {
    model,
    organisationId,
    endpoint: 'chat.completions',
    // The calls of a conversation can be brought to all of them.
    dialects: CHAT_DIALECTS,
    modelAllowed: () => true,
  } as const;
  const nothing = { now: 0, random: () => 0, affinityKey: null, inputTokens: 1, outputTokens: 1 };
  return plan(index, intent, { ...nothing, health: new HealthBook() });
}

/** The same as `provider/model` of each attempt, or the reason why there is none. */
export async function attemptsOf(transport: Transport, model: string, organisationId?: string): Promise<string[]> {
  const made = await planOf(transport, model, organisationId);
  return made.ok ? made.attempts.map(({ provider, upstreamModel }) => `${provider}/${upstreamModel}`) : [made.reason];
}
