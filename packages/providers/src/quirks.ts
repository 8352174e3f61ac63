/**
 * Where a vendor departs from the dialect it speaks, by name. The first two are obeyed by provider-adapters today; the others are
 * for whoever translates a call or names what was dropped, and are shown to operators.
 */
const MEANINGS = {
  stream_usage_unasked: 'usage comes in a stream without `stream_options`, which must not be added',
  max_completion_tokens: 'a bound of the output goes under `max_completion_tokens`; `max_tokens` is refused by some models',
  no_n: '`n` other than 1 is refused or ignored',
  no_logprobs: '`logprobs` and `top_logprobs` are refused or ignored',
  no_logit_bias: '`logit_bias` is refused or ignored',
  no_message_name: '`messages[].name` is refused',
  no_tool_choice: '`tool_choice` is ignored',
  no_tool_choice_required: '`tool_choice: required` is refused',
  no_parallel_tool_calls: '`parallel_tool_calls` is ignored',
  no_json_schema: '`response_format` takes `json_object` and no schema',
  no_image_url: 'images come inside the request; a URL is not fetched',
  temperature_max_1: '`temperature` goes from 0 to 1',
  reasoning_content: 'reasoning comes in `reasoning_content` beside `content`',
  think_tags: 'reasoning comes inside `content`, between `<think>` and `</think>`',
  model_in_path: 'the model is named by the path and must not be in the body',
  version_in_body: 'the version of the API goes into the body as `anthropic_version`',
} as const;

export type Quirk = keyof typeof MEANINGS;
export const QUIRK_MEANINGS: Readonly<Record<Quirk, string>> = MEANINGS;
export const QUIRKS = Object.keys(MEANINGS) as readonly Quirk[];
