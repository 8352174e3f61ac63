import { randomBytes } from 'node:crypto';
import { type AdapterHello, type RoutingSnapshot, SUBJECTS, type UpstreamsSnapshot } from '@tollgate/contracts';
import { concatBytes, decodeJson, EMPTY_BYTES, encodeJson } from '@tollgate/kernel';
import { bootServices, type ServicesHandle, systemClock } from '@tollgate/nest';
import { type SealingKey, sealingKeyPair } from '@tollgate/policy';
import { createTestDatabase, type TestDatabase } from '@tollgate/testing';
import { createInProcessTransport, type Transport } from '@tollgate/transport';
import { Catalog } from '../catalog.js';
import { catalogService } from '../index.js';

export const PEPPER = randomBytes(32).toString('hex');

export interface Bed {
  readonly database: TestDatabase;
  readonly transport: Transport;
  readonly handle: ServicesHandle;
  readonly catalog: Catalog;
  /** Private half of the adapters' key. */
  readonly privateKey: Uint8Array;
  close(): Promise<void>;
}

export interface BedOptions {
  readonly database?: TestDatabase;
  readonly transport?: Transport;
  readonly configPath?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

export const newDatabase = (): Promise<TestDatabase> =>
  createTestDatabase({ schema: 'catalog', migrations: catalogService.database?.migrations ?? [] });

/** The service on a real Postgres and the in-process transport. */
export async function openBed(options: BedOptions = {}): Promise<Bed> {
  const database = options.database ?? (await newDatabase());
  const transport = options.transport ?? createInProcessTransport({ clock: systemClock });
  const handle = await bootServices([catalogService], {
    transport,
    variables: {
      DATABASE_URL: database.url,
      PORT: '0',
      TOLLGATE_METRICS_PORT: 'off',
      LOG_LEVEL: 'fatal',
      TOLLGATE_TOKEN_PEPPER: PEPPER,
      ...(options.configPath === undefined ? {} : { TOLLGATE_CONFIG: options.configPath }),
      ...options.variables,
    },
  });
  return {
    database,
    transport,
    handle,
    catalog: handle.context.get(Catalog, { strict: false }),
    privateKey: randomBytes(32),
    close: async () => {
      await handle.close();
      if (options.database === undefined) await database.drop();
    },
  };
}

/** An adapter says hello; resolves when the catalogue has taken it in. */
export async function sayHello(
  bed: Bed,
  environmentProviders: AdapterHello['environmentProviders'],
  sealingKey: SealingKey = sealingKeyPair(bed.privateKey),
): Promise<void> {
  const hello: AdapterHello = { v: 1, instance: 'adapter-1', sealingKey, environmentProviders };
  bed.transport.publish(SUBJECTS.adapterHello, encodeJson(hello));
  await new Promise((resolve) => setImmediate(resolve));
  await bed.catalog.registration.settled();
}

type Views = { routing: RoutingSnapshot; upstreams: UpstreamsSnapshot };

/** Reads a view over the stream, with a small window, so that it must wait for credit. */
export function fetchView<V extends keyof Views>(transport: Transport, view: V): Promise<Views[V]> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    const stream = transport.openStream(
      SUBJECTS.catalogSnapshot,
      { headers: {}, meta: encodeJson({ v: 1, view }), body: EMPTY_BYTES, deadlineMs: 10_000, windowBytes: 4_096 },
      {
        onHead: () => undefined,
        onData: (chunk) => {
          chunks.push(chunk);
          setImmediate(() => stream.consumed(chunk.length));
        },
        onEnd: () => resolve(decodeJson(concatBytes(chunks)) as Views[V]),
        onError: (failure) => reject(new Error(failure.code)),
      },
    );
  });
}
