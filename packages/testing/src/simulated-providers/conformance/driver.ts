import type { SimulatedProviders } from '../server.js';

export interface OfferedTool {
  readonly name: string;
  readonly schema: { readonly type: 'object'; readonly properties: Record<string, unknown>; readonly required?: string[] };
}

/** A request in no vendor's words; each driver puts it to its SDK. */
export interface Question {
  readonly model: string;
  readonly prompt: string;
  readonly system?: string;
  readonly tools?: readonly OfferedTool[];
  readonly choice?: 'any';
  readonly schema?: Record<string, unknown>;
  readonly thinking?: boolean;
  readonly image?: { readonly mediaType: 'image/png'; readonly data: string };
  readonly maxTokens?: number;
  readonly stops?: string[];
  /** Mark the system prompt for caching, where the vendor wants marks. */
  readonly cache?: boolean;
}

export interface ToldCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
}

/** What the SDK made of the answer. */
export interface Told {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly ToldCall[];
  /** In the vendor's own word. */
  readonly end: string;
  readonly prompt: number;
  readonly output: number;
  readonly cacheRead: number;
  /** The turn in the vendor's own form, to be sent back. */
  readonly turn: unknown;
}

/** Turns that follow the question: what was told, and what the tools said to it. */
export interface Step {
  readonly told: Told;
  readonly results: readonly { readonly call: ToldCall; readonly text: string }[];
}

export interface Failure {
  /** Of the HTTP answer; null: the connection or the stream failed. */
  readonly status: number | null;
  readonly message: string;
}

/** One provider behind its vendor's official client. */
export interface Driver {
  readonly provider: string;
  readonly sdk: string;
  readonly model: string;
  ask(question: Question, steps: readonly Step[]): Promise<Told>;
  stream(question: Question, steps: readonly Step[]): Promise<Told>;
  readFailure(error: unknown): Failure;
  /** The words for each end. */
  readonly ends: {
    readonly stop: string;
    readonly length: string;
    readonly stopSequence: string;
    readonly tools: string;
    readonly refused: string;
  };
  readonly refusal: 'end' | 'words' | 'error';
  /** HTTP statuses of a wrong key and of an unknown model. */
  readonly wrongKey: number;
  readonly unknownModel: number;
  /** Scenarios that the vendor has nothing for, each with the reason. */
  readonly skips: Readonly<Record<string, string>>;
}

/** Makes a driver for a running simulation; `key` is other than the right one where a test wants it wrong. */
export type MakeDriver = (providers: SimulatedProviders, wrongKey?: boolean) => Driver;

/** Status and message of errors that carry `status` or `statusCode`, as most SDKs do. */
export function failureOf(error: unknown): Failure {
  const fields = error as { status?: unknown; statusCode?: unknown; message?: unknown };
  const status = fields.status ?? fields.statusCode;
  return { status: typeof status === 'number' ? status : null, message: String(fields.message) };
}
