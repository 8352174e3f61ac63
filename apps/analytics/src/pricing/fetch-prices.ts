import { type Price, RoutingSnapshotSchema, type SnapshotRequest, SUBJECTS, type UsageAttempt } from '@tollgate/contracts';
import { concatBytes, decodeJson, EMPTY_BYTES, encodeJson, TollgateError } from '@tollgate/kernel';
import type { Transport } from '@tollgate/transport';

const REQUEST: SnapshotRequest = { v: 1, view: 'routing' };
const TIMEOUT_MS = 10_000;
const SNAPSHOT_BYTES_MAX = 64 * 1024 * 1024;

/** What an attempt costs by what the catalogue says now; null = it has no price for it. */
export type PriceOf = (attempt: UsageAttempt) => Price | null;

/**
 * Asks the catalogue for its prices. A deployment is found by its id, else by provider and model: what went through a wildcard
 * may have a deployment of its own since.
 */
export async function fetchPrices(transport: Transport): Promise<PriceOf> {
  const { deployments } = RoutingSnapshotSchema.parse(decodeJson(await readSnapshot(transport)));
  const byId = new Map<string, Price>();
  const byModel = new Map<string, Price>();
  for (const { id, provider, upstreamModel, price } of deployments) {
    if (price === null) continue;
    byId.set(id, price);
    if (!byModel.has(`${provider}/${upstreamModel}`)) byModel.set(`${provider}/${upstreamModel}`, price);
  }
  return ({ deploymentId, provider, upstreamModel }) =>
    byId.get(deploymentId) ?? byModel.get(`${provider}/${upstreamModel}`) ?? null;
}

function readSnapshot(transport: Transport): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const refuse = (why: string): void =>
      reject(new TollgateError('gateway_unavailable', `The catalogue did not send its prices (${why}). Try again shortly.`));
    const stream = transport.openStream(
      SUBJECTS.catalogSnapshot,
      { headers: {}, meta: encodeJson(REQUEST), body: EMPTY_BYTES, deadlineMs: TIMEOUT_MS },
      {
        onHead: () => {},
        onData: (chunk) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length <= SNAPSHOT_BYTES_MAX) return void stream.consumed(chunk.length);
          stream.cancel('too large');
          refuse('too large');
        },
        onEnd: () => resolve(concatBytes(chunks)),
        onError: ({ code }) => refuse(code),
      },
    );
  });
}
