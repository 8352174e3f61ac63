import { Controller, Inject } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { type RouteSimulateReply, RouteSimulateRequestSchema, SUBJECTS } from '@tollgate/contracts';
import { simulate } from '@tollgate/policy';
import { dialectsFor } from './edge/ingress.js';
import type { Router } from './router.js';
import { ROUTER } from './tokens.js';

/** Tells the catalogue, and so an administrator, where a call would go by what this router knows. */
@Controller()
export class SimulateHandler {
  constructor(@Inject(ROUTER) private readonly router: Router) {}

  @MessagePattern(SUBJECTS.routeSimulate)
  simulate(@Payload() data: unknown): RouteSimulateReply {
    const { dialect, failures, affinityKey, inputTokens, outputTokens, ...call } = RouteSimulateRequestSchema.parse(data);
    const { routes, health, clock, random } = this.router.gate;
    if (routes.index === null) return { status: 'not_ready' };
    const simulated = simulate(
      routes.index,
      { ...call, dialects: dialectsFor(dialect), modelAllowed: () => true },
      { health, now: clock.monotonic(), random, affinityKey, inputTokens, outputTokens },
      failures,
    );
    return simulated.ok ? { status: 'ok', simulation: simulated.simulation } : { status: simulated.reason };
  }
}
