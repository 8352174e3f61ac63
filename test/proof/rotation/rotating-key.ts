import type { OpenedSecret, Page, RotatedToken, Rotation, RotationMessage, RotationSchedule, Token } from '@tollgate/contracts';
import { type Stack, waitFor } from '@tollgate/testing';
import pg from 'pg';
import { type Callers, callOnce, probeDeadline, untilRefused } from './callers.ts';
import type { Receiver, ReceiverAnswer } from './receiver.ts';

export type Step =
  | 'overlap'
  /** Without an overlap: the old secret ends with the rotation. */
  | 'none'
  /** A third secret, by force. */
  | 'forced'
  | 'early_finish'
  | 'one_time_link'
  | 'webhook'
  | 'webhook_fails_once'
  | 'webhook_fails'
  | 'scheduled_link';

export type Counts = Record<
  | 'rotations'
  | 'scheduled'
  | 'links'
  | 'early_finishes'
  | 'deadlines'
  | 'deliveries_failed'
  | 'accepted_too_early'
  | 'opened_twice'
  | 'unexpected'
  | 'overlap_calls'
  | 'refused_in_overlap'
  | 'deadline_skew_ms'
  | 'early_finish_ms',
  number
>;

export interface RotatingKeyParts {
  readonly stack: Stack;
  readonly receiver: Receiver;
  readonly counts: Counts;
  readonly callers: Callers;
  readonly id: string;
  say(text: string): void;
}

const OVERLAP_SECONDS = 3;

/** One key that is rotated in every way, while its callers go on. */
export class RotatingKey {
  private readonly parts: RotatingKeyParts;

  constructor(parts: RotatingKeyParts) {
    this.parts = parts;
  }

  async take(step: Step): Promise<void> {
    switch (step) {
      case 'overlap': {
        const old = await this.rotate({ overlap_seconds: OVERLAP_SECONDS });
        return this.watchDeadline(old);
      }
      case 'none': {
        // Who has no overlap must take the callers off the old secret first; here they pause for the moment of the change.
        const { callers } = this.parts;
        const before = callers.secret;
        const bridge = (await this.api<{ token: string; id: string }>('POST', '', { name: 'bridge' })).token;
        callers.secret = bridge;
        await this.settle();
        await this.rotate({ overlap_seconds: 0 });
        return this.watchRefusal(before, Date.now());
      }
      case 'forced': {
        const first = await this.rotate({ overlap_seconds: 600 });
        const second = await this.rotate({ overlap_seconds: OVERLAP_SECONDS, force: true });
        await this.watchRefusal(first, Date.now());
        return this.watchDeadline(second);
      }
      case 'early_finish':
        return this.finishEarly(await this.rotate({ overlap_seconds: 3_600 }));
      case 'one_time_link':
        return this.byLink();
      case 'webhook':
        return this.byWebhook([]);
      case 'webhook_fails_once':
        return this.byWebhook([500]);
      case 'webhook_fails':
        return this.byFailingWebhook();
      case 'scheduled_link':
        return this.byScheduledLink();
    }
  }

  private get urls(): readonly string[] {
    return this.parts.stack.routerUrls;
  }

  /** The callers take the new secret as soon as they have it. Returns the old one. */
  private async rotate(body: object): Promise<string> {
    const { callers, counts } = this.parts;
    const old = callers.secret;
    const { token } = await this.api<RotatedToken>('POST', `/${this.parts.id}/rotate`, body);
    if (token === null) throw new Error('a rotation without a text');
    callers.secret = token;
    counts.rotations += 1;
    return old;
  }

  private async watchDeadline(old: string): Promise<void> {
    const { secrets } = await this.api<Token>('GET', `/${this.parts.id}`);
    const expires = secrets.find(({ state }) => state === 'grace')?.expires_at;
    if (expires == null) throw new Error('no secret is in its grace');
    await this.probe(old, Date.parse(expires));
  }

  /**
   * As `overlap`, and auth goes away while the old secret is in its grace: routers that know the key serve it, and must hold to
   * the deadline by themselves. No step of other keys may go on meanwhile.
   */
  async endWithoutAuth(away: () => Promise<void>): Promise<void> {
    const old = await this.rotate({ overlap_seconds: OVERLAP_SECONDS * 4 });
    const { secrets } = await this.api<Token>('GET', `/${this.parts.id}`);
    const expires = secrets.find(({ state }) => state === 'grace')?.expires_at;
    if (expires == null) throw new Error('no secret is in its grace');
    await this.settle();
    await this.expectEverywhere(old, 200);
    await away();
    await this.probe(old, Date.parse(expires));
  }

  private async probe(old: string, deadline: number): Promise<void> {
    const { counts, say } = this.parts;
    for (const { skewMs, seen, calls, refusedEarly } of await Promise.all(
      this.urls.map((url) => probeDeadline(url, old, deadline)),
    )) {
      counts.overlap_calls += calls;
      counts.refused_in_overlap += refusedEarly;
      if (seen) counts.deadlines += 1;
      else say('a deadline was not seen from both sides');
      counts.deadline_skew_ms = Math.max(counts.deadline_skew_ms, skewMs);
    }
  }

  private async finishEarly(old: string): Promise<void> {
    const { counts } = this.parts;
    await this.settle();
    const { secrets } = await this.api<Token>('GET', `/${this.parts.id}`);
    const grace = secrets.find(({ state }) => state === 'grace');
    await this.expectEverywhere(old, 200);
    await this.api('POST', `/${this.parts.id}/secrets/${grace?.id}/revoke`);
    const since = Date.now();
    await this.watchRefusal(old, since);
    counts.early_finishes += 1;
  }

  private async watchRefusal(old: string, since: number): Promise<void> {
    const { counts, say } = this.parts;
    const refusals = await Promise.all(this.urls.map((url) => untilRefused(url, old, since)));
    if (Math.max(...refusals) > 500) say(`refused after ${refusals.join(', ')} ms`);
    counts.early_finish_ms = Math.max(counts.early_finish_ms, ...refusals);
  }

  private async byLink(): Promise<void> {
    const { link } = await this.api<RotatedToken>('POST', `/${this.parts.id}/rotate`, {
      delivery: 'one_time_link',
      overlap_seconds: OVERLAP_SECONDS,
    });
    await this.openLink(link?.url ?? '');
  }

  /** A preview burns nothing; of two who open at once one gets the secret. */
  private async openLink(url: string): Promise<void> {
    const { callers, counts, stack } = this.parts;
    const preview = await fetch(url);
    if (preview.status !== 200 || /tgk_(live|test)_/.test(await preview.text())) counts.unexpected += 1;
    const origin = stack.of('auth')[0]?.url ?? '';
    const open = async (): Promise<OpenedSecret | null> => {
      const response = await fetch(`${origin}/api/v1/secret-links/open`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ link: url.split('#')[1] }),
      });
      const body = (await response.json()) as OpenedSecret;
      return response.status === 200 ? body : null;
    };
    const old = callers.secret;
    const opened = (await Promise.all([open(), open()])).filter((each) => each !== null);
    const [first] = opened;
    if (first === undefined) throw new Error('the link did not open');
    callers.secret = first.token;
    counts.opened_twice += opened.length - 1 + ((await open()) === null ? 0 : 1);
    counts.rotations += 1;
    counts.links += 1;
    await this.watchDeadline(old);
  }

  private async byWebhook(failures: readonly ReceiverAnswer[]): Promise<void> {
    const { callers, counts } = this.parts;
    const left = [...failures];
    let issued: string | null = null;
    const attempts: Promise<void>[] = [];
    const old = callers.secret;
    const switched = this.schedule('webhook', 3, (message, done) => {
      if (message.type === 'token.secret.issued') {
        issued = message.data.token;
        const answer = left.shift() ?? 200;
        // Not acknowledged, it is refused at every router.
        if (answer !== 200) attempts.push(this.expectRefused(issued));
        return answer;
      }
      if (message.type === 'token.secret.activated' && issued !== null) {
        callers.secret = issued;
        done();
      }
      return 200;
    });
    await switched;
    await Promise.all(attempts);
    counts.rotations += 1;
    counts.scheduled += 1;
    await this.watchDeadline(old);
  }

  private async byScheduledLink(): Promise<void> {
    let url = '';
    await this.schedule('one_time_link', 3, (message, done) => {
      if (message.type === 'token.secret.link') {
        url = message.data.url;
        done();
      }
      return 200;
    });
    this.parts.counts.scheduled += 1;
    await this.openLink(url);
  }

  /** The receiver never takes it: the old secret stays alone, and that is an event. */
  private async byFailingWebhook(): Promise<void> {
    const { counts, callers, stack, id } = this.parts;
    let issued = '';
    await this.schedule('webhook', 2, (message, done) => {
      if (message.type === 'token.secret.issued') issued = message.data.token;
      if (issued !== '') done();
      return counts.deliveries_failed % 2 === 0 ? 503 : 'cut';
    });
    await waitFor(
      async () => {
        const { data } = await this.api<Page<Rotation>>('GET', `/${id}/rotations?limit=1`);
        return data[0]?.state === 'failed' ? true : null;
      },
      { timeoutMs: 30_000, what: 'the rotation to fail' },
    );
    const events = await stack.api(`/api/v1/audit/events?target=${id}&action=token.rotation_failed`);
    if ((events.body as Page<unknown>).data.length === 0) counts.unexpected += 1;
    await this.expectRefused(issued);
    await this.expectEverywhere(callers.secret, 200);
    counts.deliveries_failed += 1;
  }

  /** Sets a schedule whose run is due, and resolves when the receiver says that it has what it waited for. */
  private async schedule(
    kind: 'webhook' | 'one_time_link',
    attemptsMax: number,
    answer: (message: RotationMessage, done: () => void) => ReceiverAnswer,
  ): Promise<void> {
    const { receiver, id, stack } = this.parts;
    const { signing_secret } = await this.api<RotationSchedule>('PUT', `/${id}/rotation`, {
      timing: { kind: 'every', days: 30 },
      overlap_seconds: OVERLAP_SECONDS,
      delivery: { kind, url: receiver.urlOf(id), attempts_max: attemptsMax },
      renew_signing_secret: true,
    });
    let done = (): void => undefined;
    const heard = new Promise<void>((resolve) => {
      done = resolve;
    });
    receiver.open(id, { secret: signing_secret ?? '', answer: (message) => answer(message, done) });
    // Thirty days later, as far as the schedule is concerned.
    const client = new pg.Client({ connectionString: stack.databaseUrl ?? '' });
    await client.connect();
    try {
      await client.query('UPDATE auth.rotation_schedules SET next_run_at = now() WHERE token_id = $1', [id]);
    } finally {
      await client.end();
    }
    await Promise.race([heard, late(60_000, `a message of ${kind}`)]);
  }

  private async expectRefused(secret: string): Promise<void> {
    const { counts, say } = this.parts;
    const statuses = await this.everywhere(secret);
    counts.accepted_too_early += statuses.filter((status) => status < 400).length;
    counts.unexpected += statuses.filter((status) => status >= 400 && status !== 401).length;
    if (statuses.some((status) => status !== 401)) say(`a pending secret got ${statuses.join(', ')}`);
  }

  private async expectEverywhere(secret: string, expected: number): Promise<void> {
    this.parts.counts.unexpected += (await this.everywhere(secret)).filter((status) => status !== expected).length;
  }

  private everywhere(secret: string): Promise<number[]> {
    return Promise.all(this.urls.map((url) => callOnce(url, secret)));
  }

  /** All calls that began with the secret before are over. */
  private async settle(): Promise<void> {
    const { counts } = this.parts;
    counts.unexpected += (await this.everywhere(this.parts.callers.secret)).filter((status) => status !== 200).length;
    await this.parts.callers.turn();
  }

  private async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.parts.stack.api(`/api/v1/tokens${path}`, { method, ...(body === undefined ? {} : { body }) });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }
}

const late = (ms: number, what: string): Promise<never> =>
  new Promise((_, reject) => setTimeout(() => reject(new Error(`waited ${ms} ms for ${what}`)), ms).unref());
