import type { Ask } from '../meaning/ask.js';
import type { Reply } from '../meaning/reply.js';
import type { Json } from './json.js';
import type { Refusal } from './refusal.js';

/** A request as it came, under the vendor's own path. */
export interface Call {
  readonly method: string;
  /** Without the provider's prefix and the query, percent-encoding as sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The target as it was sent: what a signature covers. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
  /** Parsed from the bytes; null where they are no JSON object. */
  readonly body: Json | null;
  /** Unique within one run; ids of answers are made from it. */
  readonly id: string;
  readonly keys: SimulatedKeys;
  /** What this server has stored for its callers: responses that a later one may name. */
  readonly memory: Map<string, Json>;
  /** ms since the epoch, for signatures and their age. */
  readonly now: number;
}

/** One event of a stream as its bytes go over the wire. */
export interface Frame {
  readonly bytes: string | Uint8Array;
  /** Carries words of the answer; faults count these. */
  readonly content: boolean;
}

export interface Said {
  readonly call: Call;
  readonly ask: Ask;
  readonly reply: Reply;
}

/** A whole HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One wire format of a chat: what it accepts and how it says a reply. */
export interface ChatFormat {
  /** Throws a `Refusal` where the vendor would answer with an error. */
  readonly read: (call: Call) => Ask;
  readonly writeWhole: (said: Said) => Json | readonly Json[];
  readonly writeFrames: (said: Said) => readonly Frame[];
  /** What comes in a stream that has begun with 200 when the vendor then fails. */
  readonly writeErrorFrame: (refusal: Refusal, call: Call) => Frame;
  readonly streamType: (call: Call) => string;
  /** A frame of the right form with nonsense in it. */
  readonly malformedFrame: Frame;
}

export type Action =
  | { readonly kind: 'chat'; readonly format: ChatFormat }
  /** Everything that is answered at once: embeddings, reranking, token counts, lists of models. */
  | { readonly kind: 'plain'; readonly run: (call: Call) => PlainResult };

export interface PlainResult {
  readonly body: Json;
  readonly model: string | null;
  readonly promptTokens: number;
}

export type Trouble = 'context-window' | 'quota' | 'content-policy';

/** A provider: where it lives, how it knows its callers, how it says no. */
export interface Vendor {
  /** First segment of the path on the shared port, and the name in the ledger. */
  readonly name: string;
  /** Host names (or their ends, with a leading dot or dash) under which it is reached without the prefix. */
  readonly hosts: readonly string[];
  /** Null: the vendor's 404. */
  readonly route: (call: Call) => Action | null;
  /** Throws a `Refusal`. */
  readonly authorize: (call: Call) => void;
  readonly writeRefusal: (refusal: Refusal, call: Call) => Answer;
  /** What it says to troubles that are not in the request's form; of those without an entry nothing is known. */
  readonly troubles: Readonly<Partial<Record<Trouble, (call: Call) => Refusal>>>;
  /** Longer bodies are refused. */
  readonly bodyBytesMax?: number;
  /** Headers of every good answer. */
  readonly headers: (call: Call) => Readonly<Record<string, string>>;
}

/** The credentials that are accepted; anything else is refused. */
export interface SimulatedKeys {
  readonly openai: string;
  readonly anthropic: string;
  readonly gemini: string;
  readonly cohere: string;
  readonly mistral: string;
  readonly voyage: string;
  readonly azure: string;
  /** OAuth access token. */
  readonly vertex: string;
  /** Null: Ollama asks for none. */
  readonly ollama: string | null;
  readonly aws: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly region: string;
    readonly apiKey: string;
  };
}

export const SIMULATED_KEYS: SimulatedKeys = {
  openai: 'sk-simulated-openai',
  anthropic: 'sk-ant-simulated',
  gemini: 'AIzaSimulatedGemini',
  cohere: 'simulated-cohere',
  mistral: 'simulated-mistral',
  voyage: 'pa-simulated-voyage',
  azure: 'simulated-azure',
  vertex: 'ya29.simulated-vertex',
  ollama: null,
  aws: {
    accessKeyId: 'AKIASIMULATED0000001',
    secretAccessKey: 'simulated/secret/access/key/0000000000001',
    region: 'us-east-1',
    apiKey: 'bedrock-api-key-simulated',
  },
};

export const frame = (bytes: string | Uint8Array, content = false): Frame => ({ bytes, content });

/** JSON that is none, in an event of its own. */
export const MALFORMED_EVENT = frame('data: {"simulated": nonsense\n\n');

export const JSON_TYPE = 'application/json';
