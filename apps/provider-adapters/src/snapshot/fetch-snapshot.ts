import { type SnapshotRequest, SUBJECTS, type UpstreamsSnapshot, UpstreamsSnapshotSchema } from '@tollgate/contracts';
import { concatBytes, decodeJson, EMPTY_BYTES, encodeJson } from '@tollgate/kernel';
import type { Transport } from '@tollgate/transport';

const REQUEST: SnapshotRequest = { v: 1, view: 'upstreams' };
const SNAPSHOT_BYTES_MAX = 64 * 1024 * 1024;

/** Asks the catalogue for the whole `upstreams` view; rejects with the reason where it does not come or is of another version. */
export function fetchSnapshot(transport: Transport, timeoutMs: number): Promise<UpstreamsSnapshot> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const stream = transport.openStream(
      SUBJECTS.catalogSnapshot,
      { headers: {}, meta: encodeJson(REQUEST), body: EMPTY_BYTES, deadlineMs: timeoutMs },
      {
        onHead: () => {},
        onData: (chunk) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > SNAPSHOT_BYTES_MAX) {
            stream.cancel('too large');
            reject(new Error('the snapshot is too large'));
          } else stream.consumed(chunk.length);
        },
        onEnd: () => {
          try {
            resolve(UpstreamsSnapshotSchema.parse(decodeJson(concatBytes(chunks))));
          } catch (error) {
            reject(new Error('the snapshot is not of a version that this process knows', { cause: error }));
          }
        },
        onError: (failure) => reject(new Error(`the catalogue did not send its snapshot: ${failure.code}`)),
      },
    );
  });
}
