import type { Expectation } from '../canonical/dialect.js';
import type { EventEmitter } from '../canonical/event-emitter.js';
import { unwrapCustom } from '../canonical/free-text-tool.js';
import type { Part, ReasoningPart, ToolCallPart } from '../canonical/part.js';
import { MALFORMED } from '../canonical/stream-failures.js';
import { isObject, type JsonObject } from '../json/json-value.js';
import { takeArray, takeObject, takeText } from '../json/take.js';
import { readCitations } from './grounding.js';
import { proofOf } from './join-thoughts.js';
import { readLogprobs } from './logprobs.js';
import { PartialArgs } from './partial-args.js';
import type { CallIds } from './read-parts.js';
import { takePart } from './read-reply.js';
import { readStopWord } from './stop-words.js';

/** One candidate of a stream: the part that grows, and the call whose arguments come in pieces. */
export class CandidateReader {
  private text = -1;
  private thought = -1;
  private call: { readonly part: ToolCallPart; readonly args: PartialArgs } | null = null;
  private cited = 0;
  private stopped = false;

  constructor(
    private readonly emitter: EventEmitter,
    private readonly candidate: number,
    private readonly ids: CallIds,
    private readonly expect: Expectation,
  ) {}

  read(candidate: JsonObject): void {
    if (this.stopped) return;
    const logprobs = readLogprobs(candidate['logprobsResult']);
    takeArray(takeObject(candidate['content'])['parts']).forEach((entry, index) => {
      this.readPart(takeObject(entry), index === 0 ? logprobs : undefined);
    });
    // Some events repeat the whole list of sources.
    const citations = readCitations(candidate);
    if (this.text >= 0) for (const citation of citations.slice(this.cited)) this.emitter.note({ index: this.text, citation });
    if (this.text >= 0) this.cited = Math.max(this.cited, citations.length);
    const reason = takeText(candidate['finishReason']);
    if (reason === undefined) return;
    this.endCall();
    this.stopped = true;
    this.emitter.stop(this.candidate, readStopWord(reason));
  }

  private readPart(entry: JsonObject, logprobs: ReturnType<typeof readLogprobs>): void {
    if (isObject(entry['functionCall']) && this.readPartialCall(entry['functionCall'], entry)) return;
    const part = unwrapCustom(takePart(entry, this.ids), this.expect);
    this.endCall();
    if (part.type === 'text') this.readText(part, logprobs);
    else if (part.type === 'reasoning') this.readThought(part);
    else {
      this.endText();
      this.whole(part);
    }
  }

  private readText(part: Extract<Part, { type: 'text' }>, logprobs: ReturnType<typeof readLogprobs>): void {
    if (part.text !== '') {
      this.endThought();
      if (this.text < 0) this.text = this.emitter.startPart(this.candidate, { type: 'text', text: '' });
      this.emitter.delta(this.text, part.text, logprobs);
    }
    if (part.signature !== undefined && this.text >= 0) this.emitter.note({ index: this.text, signature: part.signature });
  }

  private readThought(part: ReasoningPart): void {
    const { id } = part;
    if (this.thought < 0) {
      this.endText();
      // Without a text it is a proof alone.
      if (part.text === '') {
        this.whole(part);
        return;
      }
      this.thought = this.emitter.startPart(this.candidate, { type: 'reasoning', text: '', id });
    }
    this.emitter.delta(this.thought, part.text);
    const { signature, encrypted } = proofOf(part, 'shown');
    if ((signature ?? encrypted) === undefined) return;
    this.emitter.note({ index: this.thought, signature, encrypted, id });
    // What follows a proof is another thought.
    this.endThought();
  }

  /** Vertex streams arguments: a name with `willContinue`, then pieces, then an empty call. False for a call that is whole. */
  private readPartialCall(call: JsonObject, entry: JsonObject): boolean {
    const continues = call['willContinue'] === true;
    const named = takeText(call['name']) !== undefined;
    if (named && !continues && call['partialArgs'] === undefined) return false;
    if (named) {
      this.endCall();
      this.endText();
      const part = takePart(entry, this.ids);
      if (part.type === 'tool_call') this.call = { part, args: new PartialArgs() };
    }
    if (this.call === null) return !named;
    if (!this.call.args.add(call['partialArgs'])) this.emitter.fail(MALFORMED);
    if (!continues) this.endCall();
    return true;
  }

  private endCall(): void {
    if (this.call === null) return;
    const { part, args } = this.call;
    this.call = null;
    this.whole(unwrapCustom({ ...part, arguments: args.text() }, this.expect));
  }

  private whole(part: Part): void {
    if (part.type !== 'tool_call') {
      this.emitter.endPart(this.emitter.startPart(this.candidate, part));
      return;
    }
    const index = this.emitter.startPart(this.candidate, { ...part, arguments: '' });
    this.emitter.delta(index, part.arguments);
    this.emitter.endPart(index);
  }

  private endThought(): void {
    if (this.thought >= 0) this.emitter.endPart(this.thought);
    this.thought = -1;
  }

  private endText(): void {
    this.endThought();
    if (this.text >= 0) this.emitter.endPart(this.text);
    this.text = -1;
  }
}
