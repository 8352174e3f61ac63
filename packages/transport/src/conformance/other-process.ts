// A process of its own for the cases that kill one: `serve` answers streams and then falls silent, `open` opens one.
import { randomBytes } from 'node:crypto';
import { EMPTY_BYTES, encodeUtf8 } from '@tollgate/kernel';
import { connectNats } from '../nats/connect-nats.js';

const [what, servers = '', subject = '', size = ''] = process.argv.slice(2);
const report = (line: string): void => void process.send?.(line);
const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const transport = await connectNats({ servers, name: 'other-process', clock, randomBytes });

if (what === 'serve') {
  transport.serveStream(subject, 'conformance', (stream) => {
    stream.sendHead(EMPTY_BYTES);
    stream.send(encodeUtf8('alive'));
  });
  // The answer shows that the server has taken the subscription before it.
  await transport.request(subject, EMPTY_BYTES, { timeoutMs: 200 }).catch(() => {});
} else {
  const opening = { headers: {}, meta: encodeUtf8('open'), body: EMPTY_BYTES, deadlineMs: 60_000 };
  let received = 0;
  const stream = transport.openStream(subject, opening, {
    onHead() {},
    onData: (chunk) => {
      received += chunk.length;
      stream.consumed(chunk.length);
      report('data');
      if (received === Number(size)) report('all');
    },
    onEnd() {},
    onError: (failure) => report(failure.code),
  });
}
report('ready');
