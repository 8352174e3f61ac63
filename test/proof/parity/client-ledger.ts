/** What the caller knows of one call, by the name that it gave it. */
export interface ClientCall {
  readonly name: string;
  readonly stream: boolean;
  /** HTTP status; 0 where no answer began. */
  readonly status: number;
  /** The whole answer was read. */
  readonly whole: boolean;
  /** The caller itself cut it. */
  readonly left: boolean;
  /** Our request id, where an answer began. */
  readonly requestId: string | null;
  /** The upstream's completion id and tokens, where they were in the answer. */
  readonly completionId: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

interface AnswerFields {
  readonly id?: string;
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
}

export interface CallPlan {
  readonly name: string;
  readonly model: string;
  readonly stream: boolean;
  readonly seed: number;
  /** Leave after so many milliseconds; null = stay. */
  readonly leaveMs: number | null;
}

/** Makes the call and keeps the caller's account of it; never throws. */
export async function makeCall(url: string, token: string, plan: CallPlan): Promise<ClientCall> {
  const controller = new AbortController();
  const timer = plan.leaveMs === null ? null : setTimeout(() => controller.abort(), plan.leaveMs);
  let call: ClientCall = {
    name: plan.name,
    stream: plan.stream,
    status: 0,
    whole: false,
    left: false,
    requestId: null,
    completionId: null,
    promptTokens: null,
    completionTokens: null,
  };
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-request-id': plan.name },
      body: JSON.stringify({
        model: plan.model,
        stream: plan.stream,
        seed: plan.seed,
        user: plan.name,
        ...(plan.stream ? { stream_options: { include_usage: true } } : {}),
        messages: [{ role: 'user', content: `call ${plan.name}` }],
      }),
      signal: controller.signal,
    });
    call = { ...call, status: response.status, requestId: response.headers.get('x-tollgate-request-id') };
    const text = await response.text();
    if (response.status === 200) call = { ...call, ...readAnswer(text, plan.stream) };
  } catch {
    // What broke is in the fields that are still empty.
  }
  if (timer !== null) clearTimeout(timer);
  return controller.signal.aborted ? { ...call, left: true } : call;
}

function readAnswer(text: string, stream: boolean): Partial<ClientCall> {
  let fields: AnswerFields = {};
  let whole = !stream;
  if (stream) {
    for (const event of text.split('\n\n')) {
      if (event === 'data: [DONE]') whole = true;
      else if (event.startsWith('data: {')) {
        const chunk = JSON.parse(event.slice(6)) as AnswerFields;
        fields = { id: chunk.id ?? fields.id ?? '', usage: chunk.usage ?? fields.usage ?? null };
      }
    }
  } else fields = JSON.parse(text) as AnswerFields;
  return {
    whole,
    completionId: fields.id ?? null,
    promptTokens: fields.usage?.prompt_tokens ?? null,
    completionTokens: fields.usage?.completion_tokens ?? null,
  };
}
