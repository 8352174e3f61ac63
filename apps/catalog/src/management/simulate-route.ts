import {
  RouteSimulateReplySchema,
  type RouteSimulateRequest,
  type RouteSimulation,
  type SimulateRoute,
  SUBJECTS,
} from '@tollgate/contracts';
import { decodeJson, encodeJson, TollgateError } from '@tollgate/kernel';
import { type Transport, TransportError } from '@tollgate/transport';

const TIMEOUT_MS = 2_000;

/** Asks one of the routers: only they know what has been failing, and how busy and fast each target is. */
export async function simulateRoute(
  transport: Transport,
  organisationId: string,
  { model, endpoint, dialect, failures, ...wish }: SimulateRoute,
): Promise<RouteSimulation> {
  const request: RouteSimulateRequest = {
    v: 1,
    organisationId,
    model,
    endpoint,
    dialect,
    inputTokens: wish.input_tokens,
    outputTokens: wish.output_tokens,
    affinityKey: wish.affinity_key ?? null,
    failures,
  };
  const reply = RouteSimulateReplySchema.parse(decodeJson(await ask(transport, encodeJson(request))));
  switch (reply.status) {
    case 'ok':
      return reply.simulation;
    case 'not_ready':
      throw new TollgateError('gateway_unavailable', 'The router is still loading its routes. Try again shortly.');
    case 'model_not_found':
      throw new TollgateError('model_not_found', `The model ${JSON.stringify(model)} does not exist.`);
    case 'endpoint_not_served':
      throw new TollgateError('model_not_found', `The model ${JSON.stringify(model)} does not serve ${endpoint}.`);
  }
}

async function ask(transport: Transport, body: Uint8Array): Promise<Uint8Array> {
  try {
    return await transport.request(SUBJECTS.routeSimulate, body, { timeoutMs: TIMEOUT_MS });
  } catch (cause) {
    if (!(cause instanceof TransportError)) throw cause;
    throw new TollgateError('gateway_unavailable', 'No router answers. Start one, or try again shortly.', { cause });
  }
}
