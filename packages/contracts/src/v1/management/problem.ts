import { z } from 'zod';

/** RFC 9457 problem details: the body of every refusal of the management API, as `application/problem+json`. */
export const ProblemSchema = z.object({
  /** `about:blank` has no page of its own: the code says it all. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  /** An ErrorCode of the kernel. */
  code: z.string(),
  /** What is wrong in the request, each with a JSON pointer into the body (or the name of the query parameter). */
  errors: z.array(z.object({ pointer: z.string(), detail: z.string(), reason: z.string().optional() })).optional(),
  request_id: z.string(),
});
export type Problem = z.infer<typeof ProblemSchema>;

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';
