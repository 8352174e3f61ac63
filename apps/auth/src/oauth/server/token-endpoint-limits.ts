import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@tollgate/kernel';
import { RequestLimiter } from './request-limiter.js';

const ALL = { burst: 200, perSecond: 50 };
/** Failures of one client from one address; the address is in it, so that nobody can lock a client out from elsewhere. */
const FAILED = { burst: 10, perSecond: 0.2 };
/** Failures of one address, whichever clients it tries. */
const FAILED_ALL = { burst: 50, perSecond: 1 };

/** How often the endpoints of programs may be called, by client and by address. */
export class TokenEndpointLimits {
  private readonly all: RequestLimiter;
  private readonly failed: RequestLimiter;
  private readonly failedAll: RequestLimiter;

  constructor(clock: Clock) {
    this.all = new RequestLimiter(ALL, clock);
    this.failed = new RequestLimiter(FAILED, clock);
    this.failedAll = new RequestLimiter(FAILED_ALL, clock);
  }

  /** 0 = go on; else how many milliseconds to wait. */
  enter(address: string, headers: IncomingHttpHeaders, form: URLSearchParams): number {
    const client = clientOf(headers, form);
    const waitMs = Math.max(
      this.all.waitMs(`address ${address}`),
      this.all.waitMs(`client ${client}`),
      this.failed.waitMs(`${client} ${address}`),
      this.failedAll.waitMs(address),
    );
    if (waitMs === 0) {
      this.all.take(`address ${address}`);
      this.all.take(`client ${client}`);
    }
    return waitMs;
  }

  left(address: string, headers: IncomingHttpHeaders, form: URLSearchParams, status: number): void {
    if (status !== 401) return;
    this.failed.take(`${clientOf(headers, form)} ${address}`);
    this.failedAll.take(address);
  }
}

/** Whom a request claims to come from; long or odd names are one and the same. */
function clientOf(headers: IncomingHttpHeaders, form: URLSearchParams): string {
  const named = form.get('client_id') ?? basicName(headers.authorization) ?? assertedName(form.get('client_assertion'));
  return named !== null && /^client_[0-9a-z]{26}$/.test(named) ? named : 'other';
}

function basicName(value: string | undefined): string | null {
  if (value === undefined || !/^basic /i.test(value) || value.length > 1_000) return null;
  return Buffer.from(value.slice(6), 'base64').toString('utf8').split(':')[0] ?? null;
}

function assertedName(assertion: string | null): string | null {
  if (assertion === null || assertion.length > 8_192) return null;
  try {
    const { sub } = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString('utf8')) as { sub?: unknown };
    return typeof sub === 'string' ? sub : null;
  } catch {
    return null;
  }
}
