import { Agent, request } from 'node:http';

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
export const closeAgent = (): void => agent.destroy();

/** Status of the cheapest call that a token can make: the models that it may use. */
export function call(routerUrl: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const question = request(`${routerUrl}/v1/models`, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', reject);
    });
    question.on('error', reject);
    question.end();
  });
}

export interface Refusal {
  /** Monotonic milliseconds: when the first call was sent that was refused, and the last that was served. */
  readonly refusedAt: number;
  readonly servedAt: number;
}

/** Calls again and again, one call after the other, until the token is refused; throws where it is not within the time. */
export async function untilRefused(routerUrl: string, token: string, withinMs: number): Promise<Refusal> {
  const begun = performance.now();
  let servedAt = begun;
  for (;;) {
    const sent = performance.now();
    const status = await call(routerUrl, token);
    if (status === 401) return { refusedAt: sent, servedAt };
    if (status !== 200) throw new Error(`a call of a token that is being revoked was answered ${status}`);
    servedAt = sent;
    if (sent - begun > withinMs) throw new Error(`not refused within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Some other status may come in between (503 while a bus is cut off): only 200 is a service, only 401 the end. */
export async function untilRefusedAtLast(
  routerUrl: string,
  token: string,
  withinMs: number,
): Promise<Refusal & { readonly others: number }> {
  const begun = performance.now();
  let [servedAt, others] = [begun, 0];
  for (;;) {
    const sent = performance.now();
    const status = await call(routerUrl, token);
    if (status === 401) return { refusedAt: sent, servedAt, others };
    if (status === 200) servedAt = sent;
    else others += 1;
    if (sent - begun > withinMs) throw new Error(`not refused within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
