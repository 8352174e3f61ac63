export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
  /** Named in the error where the time is over. */
  readonly what?: string;
}

/**
 * Waits until the condition gives something other than `false`, `null` and `undefined`, and returns that. A condition that
 * throws counts as not met; its last error is the cause of ours.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const { timeoutMs = 10_000, intervalMs = 20 } = options;
  const until = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) return value as Exclude<T, false | null | undefined>;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= until) {
      throw new Error(`Not within ${timeoutMs} ms: ${options.what ?? condition.toString().slice(0, 200)}`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
