export { writeAnthropicModel, writeAnthropicModels } from './anthropic-messages/write-models.js';
export { ReplyAssembler } from './canonical/assemble-reply.js';
export { type CanonicalError, ERROR_CLASSES, type ErrorClass } from './canonical/canonical-error.js';
export type { CanonicalEvent } from './canonical/canonical-event.js';
export type { Candidate, CanonicalReply } from './canonical/canonical-reply.js';
export type { CanonicalRequest } from './canonical/canonical-request.js';
export { classifyError } from './canonical/classify-error.js';
export { defaultTarget } from './canonical/default-target.js';
export type {
  CallerSide,
  Dialect,
  EventSink,
  Expectation,
  ReplyContext,
  RequestHints,
  RequestRefusal,
  StreamReader,
  StreamWriter,
  UpstreamSide,
  Written,
  WrittenFailure,
  WrittenRequest,
} from './canonical/dialect.js';
export { DIALECT_NAMES, type DialectName } from './canonical/dialect-name.js';
export type { CanonicalMessage, Role } from './canonical/message.js';
export type { Part } from './canonical/part.js';
export { replayReply } from './canonical/replay-reply.js';
export type { Target } from './canonical/target.js';
export { DIALECT_ROWS, findDialect, translates } from './dialects.js';
export { type SseSink, SseSplitter } from './framing/sse.js';
export { capContent } from './gemini/cap-content.js';
export { writeContentModel, writeContentModels } from './gemini/write-models.js';
export { type JsonKind, type JsonMember, type JsonScanError, JsonScanner } from './json-scan/json-scanner.js';
export { type JsonMemberSpec, type JsonScanOptions, JsonScanPlan } from './json-scan/plan.js';
export { editRequest, type MaxOutputField, type RequestEdits } from './openai-chat/edit-request.js';
export { countTokens, estimateInput, estimateOutput } from './openai-chat/estimate-tokens.js';
export {
  createPeek,
  type Peek,
  type PeekBelonging,
  type PeekFailure,
  type PeekLimits,
  type PeekReader,
  preparePeek,
} from './openai-chat/peek.js';
export { type ReadError, readError } from './openai-chat/read-error.js';
export { readUsage, readUsageOf } from './openai-chat/read-usage.js';
export { AnswerWatcher } from './openai-chat/watch-answer.js';
export { type SettledUsage, StreamWatcher, type StreamWatcherOptions, type WatchState } from './openai-chat/watch-stream.js';
export { type WrittenError, writeError, writeErrorEvent } from './openai-chat/write-error.js';
export { type ListedModel, writeModel, writeModels } from './openai-chat/write-models.js';
