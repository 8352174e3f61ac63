import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ListedModel } from '@tollgate/dialects';
import { TollgateError } from '@tollgate/kernel';
import { visibleRoutes } from '@tollgate/policy';
import { redactText } from '@tollgate/telemetry';
import { answerHeaders } from './answer-headers.js';
import { authenticate } from './authenticate.js';
import type { Call, Gate } from './call.js';
import { type ModelShape, shapeOf } from './doors/model-shapes.js';
import { newCall } from './open-call.js';
import { refuse } from './refuse.js';
import { sendAnswer } from './send-answer.js';

export interface ModelQuestion {
  /** Of one; null for all of them. */
  readonly name: string | null;
  readonly path: string;
}

/** GET /v1/models and /v1/models/{id}: what this token may call, in the shape of who asks. Costs nothing, so it leaves no usage record. */
export function listModels(gate: Gate, request: IncomingMessage, response: ServerResponse, question: ModelQuestion): void {
  const shape = shapeOf(question.path, request.headers);
  authenticate(newCall(gate, shape.ingress, request, response), 'llm:chat', (call) => answer(call, question.name, shape));
}

function answer(call: Call, name: string | null, shape: ModelShape): void {
  const { verified, access, gate } = call;
  const { index } = gate.routes;
  if (verified === null || access === null || call.over) return;
  const { organisationId } = verified;
  // From here on nothing of it is settled: refusals of this request are no usage.
  call.verified = null;
  if (index === null) {
    refuse(call, new TollgateError('gateway_unavailable', 'The gateway is still loading its routes. Try again shortly.'));
    return;
  }
  const models: ListedModel[] = [];
  for (const route of visibleRoutes(index, organisationId)) {
    if (!access.modelAllowed(route.model) || (name !== null && route.model !== name)) continue;
    const deployment = index.deployments.get(route.targets[0]?.deploymentId ?? '');
    models.push({ id: route.model, created: route.created, ownedBy: deployment?.provider ?? 'tollgate' });
  }
  const [one] = models;
  if (name !== null && one === undefined) {
    const message = `The model ${JSON.stringify(redactText(name.slice(0, 256)))} does not exist.`;
    refuse(call, new TollgateError('model_not_found', message, { param: 'model' }));
    return;
  }
  const headers = answerHeaders(call);
  headers.push('content-type', 'application/json; charset=utf-8');
  const body = name === null || one === undefined ? shape.writeAll(models) : shape.writeOne(one);
  call.phase = 'done';
  sendAnswer(call.request, call.response, { status: 200, headers, body });
}
