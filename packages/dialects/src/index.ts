export { type JsonKind, type JsonMember, type JsonScanError, JsonScanner } from './json-scan/json-scanner.js';
export { type JsonMemberSpec, type JsonScanOptions, JsonScanPlan } from './json-scan/plan.js';
export { editRequest, type RequestEdits } from './openai-chat/edit-request.js';
export { createPeek, type Peek, type PeekFailure, type PeekLimits, type PeekReader, preparePeek } from './openai-chat/peek.js';
export { type WrittenError, writeError, writeErrorEvent } from './openai-chat/write-error.js';
export { type ListedModel, writeModel, writeModels } from './openai-chat/write-models.js';
