export interface ReadError {
  /** `{"error":{message,type,param,code}}` as JSON text: the provider's own where it is in that shape, else put into it. */
  readonly body: string;
  readonly message: string;
  readonly type: string | null;
  readonly code: string | number | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads an error body of an OpenAI-compatible upstream; null where it is no JSON object. */
export function readError(text: string): ReadError | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isFields(parsed)) return null;
  const error = parsed['error'];
  if (isFields(error) && typeof error['message'] === 'string') return { body: text, ...detailsOf(error, error['message']) };
  // Ollama: {"error":"text"}; Mistral: {"object":"error","message":"text"} or {"detail":[{"msg":"text"}]}.
  const source = isFields(error) ? error : parsed;
  const details = detailsOf(
    source,
    messageOf(error) ?? messageOf(parsed['message']) ?? messageOf(parsed['detail']) ?? 'The provider gave no message.',
  );
  const envelope = { message: details.message, type: details.type ?? 'invalid_request_error', param: null, code: details.code };
  return { body: JSON.stringify({ error: envelope }), ...details };
}

function detailsOf(error: Fields, message: string): Omit<ReadError, 'body'> {
  const { type, code } = error;
  return {
    message,
    type: typeof type === 'string' ? type : null,
    code: typeof code === 'string' || typeof code === 'number' ? code : null,
  };
}

function messageOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (Array.isArray(value))
    return (
      value
        .map((entry) => messageOf(entry))
        .filter(Boolean)
        .join('; ') || null
    );
  return isFields(value) ? (messageOf(value['msg']) ?? messageOf(value['message'])) : null;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
