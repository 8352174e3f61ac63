import type { ServerResponse } from 'node:http';
import type { ProviderEntry } from '../engine/entry.js';
import type { Script } from './script.js';

/** Runs `run` after so many ms; gives what takes it back. */
export type Wait = (ms: number, run: () => void) => () => void;

export const realWait: Wait = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

/** Sends the steps one after the other, no faster than the reader takes them, until the reader leaves. */
export function playScript(script: Script, entry: ProviderEntry, response: ServerResponse, wait: Wait): void {
  let next = 0;
  let cancel: () => void = () => undefined;
  let gone = false;
  response.on('close', () => {
    gone = true;
    cancel();
  });
  const send = (): void => {
    for (;;) {
      const step = script.steps[next];
      if (gone) return;
      if (step === undefined) {
        end();
        return;
      }
      next += 1;
      const taken = response.write(step.bytes);
      entry.framesSent += step.frames;
      const following = script.steps[next];
      if (!taken) {
        response.once('drain', () => pause(following?.waitMs ?? 0));
        return;
      }
      if (following !== undefined && following.waitMs > 0) {
        pause(following.waitMs);
        return;
      }
    }
  };
  const pause = (ms: number): void => {
    if (ms === 0) send();
    else cancel = wait(ms, send);
  };
  const end = (): void => {
    if (script.ending === 'end') response.end();
    if (script.ending !== 'cut') return;
    entry.state = 'cut';
    // What has been written reaches the reader before the break.
    response.write('', () => response.socket?.destroySoon());
  };
  pause(script.steps[0]?.waitMs ?? 0);
}
