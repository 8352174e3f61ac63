import type { InvalidField } from '@tollgate/nest';
import { type Network, readWebhookTarget, type WebhookTargetProblem } from '@tollgate/policy';

const DETAILS: Readonly<Record<WebhookTargetProblem, string>> = {
  no_url: 'must be a URL',
  not_https: 'must begin with https://',
  has_credentials: 'must not hold a user name or password: the request is signed',
  has_fragment: 'must not hold a fragment',
  private_address: 'is no public address, and no administrator has allowed it (TOLLGATE_WEBHOOK_PRIVATE_NETWORKS)',
  too_long: 'is too long',
};

/** What is wrong with where a webhook shall go; none = nothing that can be seen from here. */
export function targetMistakes(url: string, networks: readonly Network[], pointer: string): readonly InvalidField[] {
  const target = readWebhookTarget(url, networks);
  return target.ok ? [] : [{ pointer, detail: DETAILS[target.error] }];
}
