/** What the simulated upstream does with one request; told by the model's name alone, because a gateway forwards few headers. */
export type Behaviour =
  /** A good answer: `frames` words (null = by seed), `intervalMs` apart. */
  | { readonly kind: 'answer'; readonly frames: number | null; readonly intervalMs: number; readonly firstByteMs: number }
  | { readonly kind: 'tools' }
  | { readonly kind: 'status'; readonly status: number }
  /** The first `times` requests of one `user` (or of the model, where there is none) fail with 500. */
  | { readonly kind: 'flaky'; readonly times: number }
  /** Breaks the connection after three frames, or in the middle of the body. */
  | { readonly kind: 'cut' }
  /** Half an SSE line (or half a body), then nothing more. */
  | { readonly kind: 'half' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'html' }
  /** 200 and application/json, or text/event-stream, with something else inside. */
  | { readonly kind: 'garbage' }
  | { readonly kind: 'redirect' }
  /** So many bytes of content, as fast as the reader takes them. */
  | { readonly kind: 'big'; readonly bytes: number }
  /** An error object as the event after `after` good frames. */
  | { readonly kind: 'error-event'; readonly after: number };

/** Model names and what they do; `N` stands for a number. Shown by GET /v1/models. */
export const SIMULATED_MODELS = [
  'sim-fast',
  'sim-slow-20ms',
  'sim-tools',
  'sim-400',
  'sim-401',
  'sim-404',
  'sim-429',
  'sim-500',
  'sim-503',
  'sim-529',
  'sim-flaky-1',
  'sim-flaky-2',
  'sim-cut',
  'sim-half',
  'sim-silent',
  'sim-html',
  'sim-garbage',
  'sim-redirect',
  'sim-big-200mb',
  'sim-error-event',
  'sim-late-error-event',
] as const;

const answer = (frames: number | null, intervalMs: number, firstByteMs: number): Behaviour => ({
  kind: 'answer',
  frames,
  intervalMs,
  firstByteMs,
});

const FIXED: Readonly<Record<string, Behaviour>> = {
  tools: { kind: 'tools' },
  cut: { kind: 'cut' },
  half: { kind: 'half' },
  silent: { kind: 'silent' },
  html: { kind: 'html' },
  garbage: { kind: 'garbage' },
  redirect: { kind: 'redirect' },
  'error-event': { kind: 'error-event', after: 0 },
  'late-error-event': { kind: 'error-event', after: 3 },
};

/**
 * `sim-fast[-FRAMES]`, `sim-slow-Nms[-FRAMES]`, `sim-wait-Nms` (first byte late), `sim-STATUS`, `sim-flaky-N`,
 * `sim-big-Nmb`, or a fixed word; anything else answers as `sim-fast`.
 */
export function behaviourOf(model: string): Behaviour {
  const name = model.startsWith('sim-') ? model.slice(4) : model;
  const fixed = Object.hasOwn(FIXED, name) ? FIXED[name] : undefined;
  if (fixed !== undefined) return fixed;
  const [, word = '', first = '', , second] = /^([a-z]*)-?(\d+)?(ms|mb)?-?(\d+)?/.exec(name) ?? [];
  const [number, frames] = [Number(first), second === undefined ? null : Number(second)];
  if (word === '' && number >= 300 && number <= 599) return { kind: 'status', status: number };
  if (word === 'slow') return answer(frames ?? 50, number, 0);
  if (word === 'wait') return answer(frames, 0, number);
  if (word === 'flaky') return { kind: 'flaky', times: number };
  if (word === 'big') return { kind: 'big', bytes: number * 1_000_000 };
  return answer(first === '' ? null : number, 0, 0);
}
