import type { CreatedToken, Page, Rotation } from '@tollgate/contracts';
import { waitFor } from '@tollgate/testing';
import { HERE, NAMES } from './hosts.ts';
import { inTurns, manage, type Stage } from './stage.ts';

/** What can be seen before anybody is asked is refused when it is saved; a name is judged when it is sent to. */
export async function tryWebhooks(stage: Stage): Promise<void> {
  const names = [...Object.keys(NAMES), 'rebind-90.test'];
  const wishes = [...HERE, ...names].flatMap((host) => [
    `https://${host}:${stage.canaryPort}/x`,
    `http://${host}:${stage.canaryPort}/x`,
  ]);
  const token = await tokenOf(stage);
  const taken: string[] = [];
  for (const url of wishes) {
    stage.counts.webhooks += 2;
    const alert = await manage(stage, 'PUT', '/api/v1/watching/webhook', { url });
    const rotation = await manage(stage, 'PUT', `/api/v1/tokens/${token}/rotation`, wish(url));
    stage.counts.refused_at_save += [alert, rotation].filter(({ status }) => status === 400).length;
    if (alert.status < 300 || rotation.status < 300) taken.push(url);
  }
  stage.say(`${taken.length} webhooks were taken by their name and are sent to now`);
  await inTurns(taken, (url) => send(stage, url));
}

const wish = (url: string) => ({
  timing: { kind: 'every', days: 30 },
  delivery: { kind: 'webhook', url, attempts_max: 1 },
});

async function tokenOf(stage: Stage): Promise<string> {
  const { body } = await stage.stack.api('/api/v1/tokens', { method: 'POST', body: { name: 'webhooks' } });
  return (body as CreatedToken).id;
}

/** Each with a key of its own, so that all of them can be under way. */
async function send(stage: Stage, url: string): Promise<void> {
  const path = `/api/v1/tokens/${await tokenOf(stage)}`;
  const put = await manage(stage, 'PUT', `${path}/rotation`, wish(url));
  const run = await manage(stage, 'POST', `${path}/rotation/run`);
  if (put.status >= 300 || run.status >= 300) throw new Error(`no rotation with ${url}: ${put.status}, ${run.status}`);
  const problem = await waitFor(
    async () => {
      const { body } = await stage.stack.api(`${path}/rotations`);
      return (body as Page<Rotation>).data[0]?.last_problem;
    },
    { timeoutMs: 60_000, intervalMs: 200, what: `the end of a delivery to ${url}` },
  );
  if (problem === 'private_address' || problem === 'unknown_host') stage.counts.refused_at_connect += 1;
  else {
    stage.counts.answered += 1;
    stage.say(`${url}: ${problem}`);
  }
}
