// What metadata costs beside a message, encode and decode: as NATS headers by nats.js, as our own block in the payload.
// `node bench/headers.mjs` after a build. Figures of ADR 011.
import { headers } from '@nats-io/nats-core';
import { readU32, writeU32 } from '../dist/nats/frame.js';
import { decodeHeaders, encodeHeaders } from '../dist/nats/opening.js';

const fields = {
  'tg-request-id': 'req_01abcdefghjkmnpqrstvwxyz01',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'tg-deadline': '1790000000000',
  'tg-tenant': 'org_01abcdefghjkmnpqrstvwxyz01',
};
const { constructor: MsgHdrs } = headers();
const frame = Buffer.alloc(13);
let sink = 0;

const CASES = {
  'opening, 4 NATS headers': () => {
    const made = headers();
    for (const name in fields) made.set(name, fields[name]);
    const read = MsgHdrs.decode(made.encode());
    for (const name in fields) sink += read.get(name).length;
  },
  'opening, 4 fields in the prefix': () => {
    const read = decodeHeaders(encodeHeaders(fields));
    for (const name in fields) sink += read[name].length;
  },
  'frame, 3 NATS headers': () => {
    const made = headers();
    made.set('t', 'd');
    made.set('i', '123456');
    made.set('s', '42');
    const read = MsgHdrs.decode(made.encode());
    sink += Number(read.get('i')) + Number(read.get('s')) + read.get('t').length;
  },
  'frame, 13 bytes of prefix': () => {
    frame[0] = 3;
    writeU32(frame, 1, 123456);
    writeU32(frame, 5, 42);
    writeU32(frame, 9, 100);
    sink += readU32(frame, 1) + readU32(frame, 5) + readU32(frame, 9);
  },
};

for (const [name, run] of Object.entries(CASES)) {
  for (let index = 0; index < 50_000; index += 1) run();
  const before = process.cpuUsage();
  for (let index = 0; index < 300_000; index += 1) run();
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${name}: ${((user + system) / 300_000).toFixed(3)} us\n`);
}
if (sink === 0) process.exit(1);
