import type { ErrorCode } from '@tollgate/kernel';
import type { z } from 'zod';
import type { Service } from '../subjects.js';

export const OPERATION_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type OperationMethod = (typeof OPERATION_METHODS)[number];

export interface OperationAnswer {
  readonly status: number;
  readonly description: string;
  /** null = no body. */
  readonly schema: z.ZodType | null;
  /** `application/json` where nothing else is said. */
  readonly contentTypes?: readonly string[];
}

/**
 * One operation of the management API as a row: the controller, the OpenAPI document and the permission matrix are held
 * to it. Path parameters stand in braces (`/api/v1/tokens/{id}`), as OpenAPI writes them.
 */
export interface Operation {
  readonly service: Service;
  readonly method: OperationMethod;
  readonly path: string;
  /** `admin:<resource>:<verb>` or the like; null = open to everybody without a token (the document itself and public keys, nothing else). */
  readonly permission: string | null;
  /**
   * A caller whose permission is one of a team may call it too, and sees and changes what belongs to that team. All others
   * need the permission in the whole organisation.
   */
  readonly teams?: boolean;
  /** Takes `If-Match` with the ETag of what is changed, and answers 412 where that is no longer it. */
  readonly conditional?: boolean;
  /** Only asks, although it is a POST: whoever may read may call it. */
  readonly asks?: boolean;
  /** One line, imperative. */
  readonly summary: string;
  readonly description?: string;
  /** Groups operations in the document: the resource, plural. */
  readonly tag: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The good answer. */
  readonly answer: OperationAnswer;
  /** Codes beyond those that every operation can give (invalid_api_key, permission_denied, invalid_request, internal_error). */
  readonly errors?: readonly ErrorCode[];
}

/** Rows keyed by operation id (camelCase, unique over all services). */
export type Operations = Readonly<Record<string, Operation>>;

export const defineOperations = <const T extends Operations>(rows: T): T => rows;
