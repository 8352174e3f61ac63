/** Where a vendor puts the fields of an error: paths into the JSON of the body, the first that is text counts. */
export interface ErrorPaths {
  readonly message: readonly string[];
  readonly type: readonly string[];
  readonly code: readonly string[];
  /** A header that names the error, up to the first `:` or `;`. */
  readonly header: string | null;
}

const SHAPES = {
  /** `{"error":{"message","type","code"}}`; gateways before such a vendor answer `{"message"}` or `{"detail"}`. https://platform.openai.com/docs/guides/error-codes */
  openai: {
    message: ['error.message', 'error', 'message', 'detail'],
    type: ['error.type'],
    code: ['error.code', 'code'],
    header: null,
  },
  /** `{"type":"error","error":{"type","message"}}`. https://docs.anthropic.com/en/api/errors */
  anthropic: { message: ['error.message'], type: ['error.type'], code: [], header: null },
  /** `{"error":{"code","message","status","details"}}`, in a list where a list was streamed. https://cloud.google.com/apis/design/errors#http_mapping */
  google: { message: ['error.message'], type: ['error.status'], code: ['error.details.0.reason', 'error.code'], header: null },
  /** `{"message"}` with the exception in a header, or in `__type`. https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html */
  aws: { message: ['message', 'Message'], type: ['__type'], code: [], header: 'x-amzn-errortype' },
  /** `{"message"}`, sometimes with `type` and `code`; a list in `detail` where a field is wrong (Cohere, Mistral). https://docs.cohere.com/reference/errors */
  message: {
    message: ['message', 'detail.0.msg', 'detail', 'error.message'],
    type: ['type', 'error.type'],
    code: ['code', 'error.code'],
    header: null,
  },
  /** `{"error":"text"}`; the paths of OpenAI answer in its shape. https://github.com/ollama/ollama/blob/main/docs/api/errors.mdx */
  ollama: { message: ['error', 'error.message'], type: ['error.type'], code: ['error.code'], header: null },
} as const satisfies Record<string, ErrorPaths>;

export type ErrorShape = keyof typeof SHAPES;
export const ERROR_SHAPES: Readonly<Record<ErrorShape, ErrorPaths>> = SHAPES;
