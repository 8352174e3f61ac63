export interface DemoModel {
  /** `demo/<name>` for callers. */
  readonly name: string;
  readonly description: string;
  readonly contextTokens: number;
}

/** `echo` repeats the last message of the user; `chat` says one fixed friendly text. */
export const DEMO_MODELS: readonly DemoModel[] = [
  { name: 'echo', description: 'Demo: repeats the last user message.', contextTokens: 128_000 },
  { name: 'chat', description: 'Demo: answers with a fixed text.', contextTokens: 128_000 },
];
