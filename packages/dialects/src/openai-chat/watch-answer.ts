import { NO_USAGE } from '@tollgate/contracts';
import { decodeUtf8 } from '@tollgate/kernel';
import { JsonScanner } from '../json-scan/json-scanner.js';
import { JsonScanPlan } from '../json-scan/plan.js';
import { estimateInput, estimateOutput } from './estimate-tokens.js';
import { readUsageOf } from './read-usage.js';
import type { SettledUsage } from './watch-stream.js';

const USAGE_BYTES_MAX = 16 * 1024;
const ERROR_BYTES_MAX = 64 * 1024;
/** Upstreams may nest deeper than callers: log probabilities, citations. */
const DEPTH_MAX = 256;

const USAGE = 0;
const GROQ = 1;
const ERROR = 2;
const CHOICES = 3;

const plan = new JsonScanPlan({
  depthMax: DEPTH_MAX,
  strict: false,
  members: [
    { name: 'usage', keepMax: USAGE_BYTES_MAX },
    { name: 'x_groq', keepMax: USAGE_BYTES_MAX },
    { name: 'error', keepMax: ERROR_BYTES_MAX },
    { name: 'choices', keepMax: 0 },
  ],
});

/** Watches a whole (not streamed) chat completion while its bytes pass. */
export class AnswerWatcher {
  private readonly scanner = new JsonScanner(plan);
  private length = 0;

  /** False as soon as it is no JSON object. */
  push(chunk: Uint8Array): boolean {
    this.length += chunk.length;
    return this.scanner.push(chunk) === null;
  }

  /** `invalid`: no whole JSON object. `error`: an error body sent with status 200, as some aggregators do. */
  finish(): 'good' | 'error' | 'invalid' {
    if (this.scanner.finish() !== null) return 'invalid';
    const error = this.scanner.at(ERROR);
    return error !== undefined && error.kind !== 'null' && this.scanner.at(CHOICES) === undefined ? 'error' : 'good';
  }

  /** JSON text `{"error":...}`, null where there is none. */
  get errorBody(): string | null {
    const bytes = this.scanner.at(ERROR)?.bytes;
    return bytes ? `{"error":${decodeUtf8(bytes)}}` : null;
  }

  settle(requestBytes: number): SettledUsage {
    const usage = this.value(USAGE);
    const reported = readUsageOf({ usage, x_groq: this.value(GROQ) });
    // Counts that are all zero beside an answer are no counts.
    if (reported !== null && Object.values(reported).some((count) => count > 0)) return { usage: reported, basis: 'reported' };
    const estimate = { ...NO_USAGE, input: estimateInput(requestBytes), output: estimateOutput(this.length) };
    return { usage: estimate, basis: 'estimated' };
  }

  private value(index: number): unknown {
    const bytes = this.scanner.at(index)?.bytes;
    return bytes ? JSON.parse(decodeUtf8(bytes)) : null;
  }
}
