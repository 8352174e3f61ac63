import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { type Observable, tap } from 'rxjs';

/** Strong: an object of ours is another one with every change, and its revision says which. */
export const etagOf = ({ revision }: { readonly revision: number }): string => `"${revision}"`;

/** RFC 9110, 13.1.1: `*`, or a list of which one is the tag; weak tags never match. */
export const etagMatches = (header: string, etag: string): boolean =>
  header.split(',').some((each) => each.trim() === '*' || each.trim() === etag);

/** Whoever gets one object gets its ETag beside it. */
export class EtagInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      tap((answer: unknown) => {
        if (isRevised(answer)) reply.header('etag', etagOf(answer));
      }),
    );
  }
}

const isRevised = (answer: unknown): answer is { readonly revision: number } =>
  typeof answer === 'object' && answer !== null && 'revision' in answer && Number.isInteger(answer.revision);
