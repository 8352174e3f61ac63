/** What the model and the vendor at the other end can take; facts of the catalogue and quirks of the provider's row. */
export interface Target {
  /** The upstream's name of the model. */
  readonly model: string;
  /** For dialects where a bound is obligatory; also the cap of what is asked. Null = not known. */
  readonly maxOutputTokens: number | null;
  /** Where the bound goes in OpenAI's grammar. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  /** How a JSON schema for the answer is kept: by the vendor, by a forced tool, or not at all (named as dropped). */
  readonly jsonSchema: 'native' | 'forced_tool' | 'none';
  /** Mid-conversation system messages stay where they are; otherwise they move to the front. */
  readonly systemAnywhere: boolean;
  /** How the model is told to think: a budget of tokens, an effort word, or not at all. */
  readonly reasoning: 'effort' | 'budget' | 'none';
  /** Temperature, top_p and top_k are taken. */
  readonly sampling: boolean;
  /** Cache marks on parts: OpenAI's `prompt_cache_breakpoint`, Anthropic's `cache_control`, or none. */
  readonly cacheMarks: 'cache_control' | 'breakpoint' | 'none';
  /** How a thought goes back to an OpenAI-compatible vendor. */
  readonly reasoningField: 'reasoning_content' | 'reasoning' | 'reasoning_details' | 'none';
  /** Calls in the history must be signed (Gemini 3); one that another vendor's model made then gets Google's mark for that. */
  readonly signedCalls: boolean;
  /** Ask for a usage chunk in streams (`stream_options.include_usage`). */
  readonly streamUsage: boolean;
}
