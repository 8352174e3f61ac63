export interface LiveStream {
  /** The first event has come. */
  readonly begun: Promise<void>;
  /** Monotonic milliseconds of the end, and all that came. */
  readonly ended: Promise<{ readonly at: number; readonly text: string }>;
}

/** A stream that would go on for minutes. */
export function openStream(routerUrl: string, token: string): LiveStream {
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const read = async (): Promise<{ readonly at: number; readonly text: string }> => {
    const response = await fetch(`${routerUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ model: 'sim/sim-slow-50ms-4000', stream: true, messages: [{ role: 'user', content: 'on and on' }] }),
    });
    if (response.status !== 200) throw new Error(`a stream was answered ${response.status}: ${await response.text()}`);
    let text = '';
    const decoder = new TextDecoder();
    for await (const part of response.body as ReadableStream<Uint8Array>) {
      text += decoder.decode(part, { stream: true });
      if (text.includes('\n\n')) begin();
    }
    return { at: performance.now(), text };
  };
  const ended = read();
  // Whoever waits for the beginning hears of a failure there.
  return { begun: Promise.race([begun, ended.then(() => undefined)]), ended };
}
