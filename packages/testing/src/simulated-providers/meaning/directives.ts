import { parseJson } from '../engine/json.js';

/**
 * What a prompt orders the simulation to do, one order a line:
 * `@say TEXT`, `@call NAME {JSON}` (several lines: parallel), `@loop TIMES NAME {JSON}` (calls until so many results are
 * there), `@think TEXT`, `@redact`, `@words COUNT`, `@refuse`, `@cached READ [WRITTEN]` (tokens).
 */
export interface Directives {
  readonly say: string | null;
  readonly calls: readonly { readonly name: string; readonly arguments: string }[];
  readonly loop: { readonly times: number; readonly name: string; readonly arguments: string } | null;
  readonly think: string | null;
  /** The reasoning is sealed, where the vendor seals some. */
  readonly redact: boolean;
  readonly words: number | null;
  readonly refuse: boolean;
  readonly cached: { readonly read: number; readonly written: number };
}

const rest = (line: string, order: string): string | null => (line.startsWith(`${order} `) ? line.slice(order.length + 1) : null);

/** Arguments are normalised so that every vendor's form can carry them. */
function readCall(text: string): { name: string; arguments: string } {
  const [, name = '', json = ''] = /^(\S+)\s*(.*)$/.exec(text) ?? [];
  return { name, arguments: json === '' ? '{}' : JSON.stringify(parseJson(json) ?? {}) };
}

export function readDirectives(prompt: string): Directives {
  const lines = prompt.split('\n').map((line) => line.trim());
  const first = (order: string): string | null => lines.map((line) => rest(line, order)).find((text) => text !== null) ?? null;
  const loop = /^(\d+) (.*)$/.exec(first('@loop') ?? '');
  const cached = (first('@cached') ?? '0').split(' ');
  return {
    say: first('@say'),
    calls: lines.flatMap((line) => {
      const text = rest(line, '@call');
      return text === null ? [] : [readCall(text)];
    }),
    loop: loop === null ? null : { times: Number(loop[1]), ...readCall(loop[2] as string) },
    think: first('@think'),
    redact: lines.includes('@redact'),
    words: first('@words') === null ? null : Number(first('@words')),
    refuse: lines.includes('@refuse'),
    cached: { read: Number(cached[0]), written: Number(cached[1] ?? 0) },
  };
}
