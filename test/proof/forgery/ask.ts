import { Agent, request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: readonly string[];
  /** From the last byte of the question to the last byte of the answer, milliseconds. */
  readonly ms: number;
}

/** As many callers as there are loopback addresses: what is limited by address does not limit the proof. */
const agents = new Map<string, Agent>();
function agentOf(address: string): Agent {
  let agent = agents.get(address);
  if (agent === undefined) {
    agent = new Agent({ keepAlive: true, maxSockets: 8 });
    agents.set(address, agent);
  }
  return agent;
}
export const closeAgents = (): void => {
  for (const agent of agents.values()) agent.destroy();
  agents.clear();
};

/** GET with that header; `from` is a loopback address. */
export function ask(url: string, headers: Readonly<Record<string, string>>, from: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let started = 0;
    const question = request(url, { agent: agentOf(from), localAddress: from, headers }, (response) => {
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const ms = performance.now() - started;
        const names = Object.keys(response.headers).toSorted();
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8'), headers: names, ms });
      });
      response.on('error', reject);
    });
    question.on('error', reject);
    question.on('socket', () => {
      started = performance.now();
    });
    question.end();
  });
}

/** Works through the list with so many at a time. */
export async function inLanes<T>(
  items: readonly T[],
  lanes: number,
  work: (item: T, lane: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (let index = next++; index < items.length; index = next++) await work(items[index] as T, lane);
    }),
  );
}
