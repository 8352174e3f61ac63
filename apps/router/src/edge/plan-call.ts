import {
  type CallIntent,
  type Circumstances,
  Course,
  type Plan,
  type PlanRefusal,
  plan,
  type RoutingIndex,
} from '@tollgate/policy';
import { affinityKeyOf } from './affinity-key.js';
import type { Call } from './call.js';

/** A token is about four bytes of English text (https://platform.openai.com/tokenizer): costs are compared, not charged, by it. */
const BYTES_PER_TOKEN = 4;
const OUTPUT_TOKENS_ASSUMED = 500;

/** Step 5: which deployments, in which order. */
export function planCall(call: Call, index: RoutingIndex): Plan | PlanRefusal {
  const planned = plan(index, intentOf(call), circumstancesOf(call));
  if (planned.ok) {
    call.plan = planned;
    call.course = new Course(planned);
  }
  return planned;
}

function intentOf(call: Call): CallIntent {
  return {
    model: call.peek?.model ?? '',
    organisationId: call.verified?.organisationId ?? '',
    endpoint: call.ingress.endpoint,
    dialects: call.ingress.dialects,
    modelAllowed: (model) => call.access?.modelAllowed(model) === true,
  };
}

function circumstancesOf(call: Call): Circumstances {
  const { gate, peek, bodyBytes } = call;
  return {
    health: gate.health,
    now: gate.clock.monotonic(),
    random: gate.random,
    // Read only where something is chosen by it.
    get affinityKey() {
      return keyOf(call);
    },
    inputTokens: Math.ceil(bodyBytes / BYTES_PER_TOKEN),
    outputTokens: peek?.maxCompletionTokens ?? peek?.maxTokens ?? OUTPUT_TOKENS_ASSUMED,
  };
}

function keyOf({ verified, peek, body }: Call): string | null {
  if (verified === null) return null;
  return peek === null ? verified.token.id : affinityKeyOf(verified.token.id, peek.belonging, body);
}
