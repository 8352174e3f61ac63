import type { Expectation } from '../canonical/dialect.js';
import type { EventEmitter } from '../canonical/event-emitter.js';
import type { TokenLogprob } from '../canonical/logprob.js';
import { isObject, type JsonObject, type JsonValue } from '../json/json-value.js';
import { takeArray, takeNumber, takeObject, takeText } from '../json/take.js';
import { readLogprobs } from './logprobs.js';
import { readCallSignature } from './read-messages.js';
import { readCitation, readDetails, takeContent } from './read-parts.js';
import { readStopWord } from './stop-words.js';

const THOUGHT_LENGTH_MAX = 8 * 1024 * 1024;

interface OpenCall {
  readonly part: number;
  readonly id: string;
}

/** One choice of a stream: which parts are open, and what a delta adds to them. */
export class ChoiceReader {
  private text = -1;
  private refusal = -1;
  private thought = -1;
  private thoughtPlace = -1;
  /** Of a thought that came as plain text, to know it again where it is repeated beside its proof. */
  private thoughtText = '';
  private citations = 0;
  private said = false;
  private readonly calls = new Map<number, OpenCall>();
  private lastPlace = 0;

  constructor(
    private readonly emitter: EventEmitter,
    private readonly candidate: number,
    private readonly expect: Expectation,
  ) {}

  read(choice: JsonObject, chunk: JsonObject): void {
    if (this.said) return;
    const delta = takeObject(choice['delta'] ?? choice['message']);
    this.readReasoning(delta);
    this.readContent(delta['content'], readLogprobs(choice['logprobs']));
    this.readRefusal(takeText(delta['refusal']));
    this.readCitations(takeArray(delta['annotations']), takeArray(chunk['citations']));
    for (const call of takeArray(delta['tool_calls'])) this.readCall(takeObject(call));
    const legacy = takeObject(delta['function_call']);
    if (typeof legacy['name'] === 'string' || typeof legacy['arguments'] === 'string')
      this.readCall({ index: 0, id: takeText(legacy['name']), function: legacy });
    const reason = takeText(choice['finish_reason']);
    if (reason) this.stop(reason);
  }

  /** The stream has ended; a choice without a finish reason is one that was done. */
  finish(): void {
    if (!this.said) this.stop('stop');
  }

  private stop(reason: string): void {
    this.said = true;
    this.emitter.stop(this.candidate, readStopWord(reason));
  }

  private readReasoning(delta: JsonObject): void {
    const details = readDetails(delta['reasoning_details']);
    for (const { place, text, signature, encrypted, id } of details) {
      const repeated = this.thought >= 0 && this.thoughtPlace < 0 && (text === '' || text === this.thoughtText);
      if (repeated) {
        this.emitter.note({ index: this.thought, signature, encrypted, id });
        continue;
      }
      if (this.thought < 0 || this.thoughtPlace !== place) {
        this.endThought();
        this.thoughtPlace = place;
        this.thought = this.emitter.startPart(this.candidate, { type: 'reasoning', text: '', id });
      }
      this.emitter.delta(this.thought, text);
      if (signature !== undefined || encrypted !== undefined) this.emitter.note({ index: this.thought, signature, encrypted });
    }
    if (details.length === 0) this.addThought(takeText(delta['reasoning_content']) || takeText(delta['reasoning']) || '');
  }

  private addThought(text: string): void {
    if (text === '') return;
    if (this.thought < 0) {
      this.endText();
      this.thought = this.emitter.startPart(this.candidate, { type: 'reasoning', text: '' });
      this.thoughtPlace = -1;
      this.thoughtText = '';
    }
    if (this.thoughtText.length < THOUGHT_LENGTH_MAX) this.thoughtText += text;
    this.emitter.delta(this.thought, text);
  }

  private readContent(content: JsonValue | undefined, logprobs: readonly TokenLogprob[] | undefined): void {
    for (const part of takeContent(content)) {
      if (part.type === 'reasoning') this.addThought(part.text);
      else if (part.type === 'opaque') this.emitter.endPart(this.emitter.startPart(this.candidate, part));
      else {
        this.endThought();
        if (this.text < 0) this.text = this.emitter.startPart(this.candidate, { type: 'text', text: '' });
        this.emitter.delta(this.text, part.text, logprobs);
      }
    }
  }

  private readRefusal(text: string | undefined): void {
    if (!text) return;
    if (this.refusal < 0) {
      this.endThought();
      this.endText();
      this.refusal = this.emitter.startPart(this.candidate, { type: 'refusal', text: '' });
    }
    this.emitter.delta(this.refusal, text);
  }

  /** Perplexity repeats its whole list in every chunk. */
  private readCitations(annotations: readonly JsonValue[], repeated: readonly JsonValue[]): void {
    if (this.text < 0) return;
    for (const value of annotations) this.emitter.note({ index: this.text, citation: readCitation(value) });
    for (; this.citations < repeated.length; this.citations += 1)
      this.emitter.note({ index: this.text, citation: readCitation(repeated[this.citations] as JsonValue) });
  }

  /**
   * The first delta of a call names it, perhaps with all of its arguments; later ones may repeat id and name as empty texts
   * (DashScope, vLLM). Gateways that forget `index`, or say 0 for each, are told apart by the id.
   */
  private readCall(call: JsonObject): void {
    const id = takeText(call['id']) ?? '';
    const custom = isObject(call['custom']) ? call['custom'] : null;
    const fields = custom ?? takeObject(call['function']);
    const name = takeText(fields['name']) ?? '';
    let place = takeNumber(call['index']) ?? (id === '' ? this.lastPlace : this.placeOf(id));
    const before = this.calls.get(place);
    if (before !== undefined && id !== '' && name !== '' && before.id !== id) place = this.placeOf(id);
    this.lastPlace = place;
    const text = argumentText(custom === null ? fields['arguments'] : fields['input']);
    const signature = readCallSignature(call);
    let open = this.calls.get(place);
    if (open === undefined) {
      open = { part: this.open(id, name, custom !== null), id };
      this.calls.set(place, open);
    }
    this.emitter.delta(open.part, text);
    if (signature !== undefined) this.emitter.note({ index: open.part, signature });
  }

  private open(id: string, name: string, custom: boolean): number {
    this.endThought();
    this.endText();
    if (name !== '' && name === this.expect.jsonTool) return this.emitter.startPart(this.candidate, { type: 'text', text: '' });
    const part = { type: 'tool_call', id, name, arguments: '' } as const;
    return this.emitter.startPart(this.candidate, custom ? { ...part, custom } : part);
  }

  /** The place of the call with this id, or a new one. */
  private placeOf(id: string): number {
    for (const [place, call] of this.calls) if (call.id === id) return place;
    let free = this.calls.size;
    while (this.calls.has(free)) free += 1;
    return free;
  }

  private endThought(): void {
    if (this.thought >= 0) this.emitter.endPart(this.thought);
    this.thought = -1;
  }

  private endText(): void {
    if (this.text >= 0) this.emitter.endPart(this.text);
    this.text = -1;
  }
}

const argumentText = (value: JsonValue | undefined): string => {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
};
