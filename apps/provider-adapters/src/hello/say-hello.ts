import { type AdapterHello, SUBJECTS } from '@tollgate/contracts';
import { encodeJson } from '@tollgate/kernel';
import type { Transport } from '@tollgate/transport';

const EVERY_MS = 10_000;

/** Presents this adapter at once and every 10 s; returns how to stop. A bus that is away hears the next one. */
export function sayHello(transport: Transport, hello: AdapterHello): () => void {
  const body = encodeJson(hello);
  const say = (): void => {
    if (!transport.connected) return;
    try {
      transport.publish(SUBJECTS.adapterHello, body);
    } catch {
      // The connection went between the look and the word.
    }
  };
  say();
  const timer = setInterval(say, EVERY_MS);
  const unsubscribe = transport.onConnectionChange((connected) => {
    if (connected) say();
  });
  return () => {
    clearInterval(timer);
    unsubscribe();
  };
}
