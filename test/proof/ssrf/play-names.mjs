// Loaded into every process of the stack (`node --import`): answers some names as a hostile name server would, and writes down
// each connection that the process tries, whoever tries it.
import { subscribe } from 'node:diagnostics_channel';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';

const folder = process.env['SSRF_PROOF_FOLDER'];
const NAMES = JSON.parse(process.env['SSRF_PROOF_NAMES'] ?? '{}');
const real = dns.lookup;
const asked = new Map();

dns.lookup = (host, options, callback) => {
  const answer = typeof options === 'function' ? options : callback;
  const name = host.toLowerCase().replace(/\.$/, '');
  // rebind-7.test is played as rebind.test, each with its own count of questions.
  const turns = NAMES[name.replace(/-\d+\.test$/, '.test')];
  if (turns === undefined) return real(host, options, callback);
  const turn = asked.get(name) ?? 0;
  asked.set(name, turn + 1);
  const found = turns[Math.min(turn, turns.length - 1)].map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  queueMicrotask(() => (options?.all === true ? answer(null, found) : answer(null, found[0].address, found[0].family)));
};
syncBuiltinESMExports();

if (folder !== undefined) {
  const file = join(folder, `${process.pid}.connections`);
  subscribe('net.client.socket', ({ socket }) => {
    socket.on('connectionAttempt', (address, port) => appendFileSync(file, `${address} ${port}\n`));
  });
}
