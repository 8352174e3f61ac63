/** Payloads of AWS event stream messages, each under the name of its event and without the padding. */
export function decodeEvents(bytes: Buffer): readonly unknown[] {
  const events: unknown[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [length, headersLength] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
    const headers = bytes.subarray(at + 12, at + 12 + headersLength).toString('latin1');
    const { p: _, ...payload } = JSON.parse(bytes.subarray(at + 12 + headersLength, at + length - 4).toString('utf8')) as {
      p?: string;
    };
    const [, name = ''] = /:event-type[^A-Za-z]+([A-Za-z]+)/.exec(headers) ?? [];
    events.push({ [name]: payload });
    at += length;
  }
  return events;
}
