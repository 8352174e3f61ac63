import { PROBLEM_CONTENT_TYPE, type Problem } from '@tollgate/contracts';
import { ERROR_CODES, type ErrorCode } from '@tollgate/kernel';

export interface Refusal {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** What this server itself refuses, before a handler has the request: in the shape that the path's callers expect. */
export function refusalOf(code: ErrorCode, message: string, path: string, requestId: string): Refusal {
  const row = ERROR_CODES[code];
  if (path.startsWith('/api/')) {
    const problem: Problem = {
      type: 'about:blank',
      title: code.replaceAll('_', ' '),
      status: row.httpStatus,
      detail: message,
      code,
      request_id: requestId,
    };
    return { status: row.httpStatus, contentType: PROBLEM_CONTENT_TYPE, body: JSON.stringify(problem) };
  }
  const body = JSON.stringify({ error: { message, type: row.type, param: null, code } });
  return { status: row.httpStatus, contentType: 'application/json', body };
}
