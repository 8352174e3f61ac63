import { SnapshotRequestSchema, SUBJECTS } from '@tollgate/contracts';
import { decodeJson, EMPTY_BYTES, encodeJson } from '@tollgate/kernel';
import type { Logger } from '@tollgate/telemetry';
import type { ServerStream, Subscription, Transport } from '@tollgate/transport';
import type { CatalogStore } from '../store/catalog-store.js';

const CHUNK_BYTES = 64 * 1024;

/** Sends the whole of a view to whoever asks, no faster than it is taken. The request is the stream's meta. */
export function serveSnapshot(transport: Transport, store: CatalogStore, logger: Logger): Subscription {
  return transport.serveStream(SUBJECTS.catalogSnapshot, 'catalog', (stream) => {
    let cancelled = false;
    let resume: (() => void) | null = null;
    stream.onCancel = () => {
      cancelled = true;
    };
    stream.onDrain = () => resume?.();
    answer(stream.meta, store).then(
      (body) => {
        if (cancelled) return;
        stream.sendHead(EMPTY_BYTES);
        resume = sender(stream, body, () => cancelled);
        resume();
      },
      (error: unknown) => {
        logger.warn({ error }, 'a snapshot was asked for that cannot be given');
        if (!cancelled) stream.fail(encodeJson({ message: 'The snapshot cannot be given.' }));
      },
    );
  });
}

async function answer(meta: Uint8Array, store: CatalogStore): Promise<Uint8Array> {
  const { view } = SnapshotRequestSchema.parse(decodeJson(meta));
  return encodeJson((await store.views())[view]);
}

/** Sends as long as there is credit; called again when there is some. */
function sender(stream: ServerStream, body: Uint8Array, stopped: () => boolean): () => void {
  let offset = 0;
  let ended = false;
  return () => {
    while (!stopped() && offset < body.length) {
      // A copy: the transport keeps what it is given.
      const credit = stream.send(body.slice(offset, offset + CHUNK_BYTES));
      offset += CHUNK_BYTES;
      if (!credit) break;
    }
    if (offset < body.length || stopped() || ended) return;
    ended = true;
    stream.end(EMPTY_BYTES);
  };
}
