import { type Stack, sendRaw, waitFor } from '@tollgate/testing';
import { describe, expect, test } from 'vitest';
import { chat, entriesOf, errorOf, newCallName, recordOf } from '../support.ts';

/** What a caller can do wrong. Nothing of it reaches the upstream, and the process goes on. */
export function describeBadInput(stack: () => Stack): void {
  describe('bad input', () => {
    const model = 'sim/sim-fast';
    const port = (): number => Number(new URL(stack().url).port);

    test.each(['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'])('a good token is taken in %s', async (header) => {
      const value = header === 'authorization' ? `Bearer ${stack().token}` : stack().token;
      const response = await fetch(`${stack().url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [header]: value },
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }] }),
      });
      expect(response.status).toBe(200);
      await response.body?.cancel();
    });

    test('a missing, garbled, cut, wrong or foreign token is 401, and says nothing of why', async () => {
      const good = stack().token;
      const swapped = good.slice(0, -8) + [...good.slice(-8)].reverse().join('');
      const bodies = new Set<string>();
      for (const token of ['', 'x', good.slice(0, -1), swapped, `${good}a`, stack().adminToken.slice(0, 30)]) {
        const response = await chat(stack(), { model }, { token });
        expect(response.status).toBe(401);
        bodies.add((await errorOf(response)).code);
      }
      expect([...bodies]).toEqual(['invalid_api_key']);
    });

    test('a revoked token is refused within a second', async () => {
      const { id, token } = await stack().createToken();
      expect((await chat(stack(), { model }, { token })).status).toBe(200);
      const { status } = await stack().api(`/api/v1/tokens/${id}/revoke`, { method: 'POST' });
      expect(status).toBe(200);
      const since = performance.now();
      await waitFor(async () => (await chat(stack(), { model }, { token })).status === 401, { timeoutMs: 5_000 });
      expect(performance.now() - since).toBeLessThan(1_000);
    });

    test('a token in the query is refused, even beside a good one', async () => {
      const response = await fetch(`${stack().url}/v1/chat/completions?key=${stack().token}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stack().token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model, messages: [] }),
      });
      expect(response.status).toBe(400);
      expect((await errorOf(response)).code).toBe('token_in_query');
    });

    test('a token without the scope or the model is 403', async () => {
      const other = await stack().createToken({ scopes: ['usage:read'] });
      const scoped = await chat(stack(), { model }, { token: other.token });
      expect([scoped.status, (await errorOf(scoped)).code]).toEqual([403, 'permission_denied']);
      const narrow = await stack().createToken({ models: { allow: ['demo/*'] } });
      const denied = await chat(stack(), { model }, { token: narrow.token });
      expect([denied.status, (await errorOf(denied)).code]).toEqual([403, 'model_not_allowed']);
    });

    test('an unknown model is 404', async () => {
      const response = await chat(stack(), { model: 'nobody/knows-it' });
      expect([response.status, (await errorOf(response)).code]).toEqual([404, 'model_not_found']);
    });

    test.each([
      ['no JSON', 'model=sim'],
      ['half of it', '{"model":"sim/sim-fast","messages":['],
      ['an empty body', ''],
      ['a list', '[]'],
      ['no model', '{"messages":[]}'],
      ['a model that is no text', '{"model":7,"messages":[]}'],
      ['two models', '{"model":"demo/chat","model":"sim/sim-fast","messages":[]}'],
      ['depth of 100,000', `{"model":"sim/sim-fast","messages":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
      ['broken UTF-16', '{"model":"\\ud800","messages":[]}'],
    ])('%s is refused at once', async (_, body) => {
      const since = performance.now();
      const response = await fetch(`${stack().url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stack().token}`, 'content-type': 'application/json' },
        body,
      });
      expect([400, 404]).toContain(response.status);
      expect((await errorOf(response)).type).toBe('invalid_request_error');
      expect(performance.now() - since).toBeLessThan(1_000);
    });

    test('__proto__ keys change nothing and go through', async () => {
      const user = newCallName();
      const body = `{"model":"${model}","user":"${user}","messages":[{"role":"user","content":"x"}],"__proto__":{"stream":true,"admin":true}}`;
      const response = await fetch(`${stack().url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stack().token}`, 'content-type': 'application/json' },
        body,
      });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('application/json');
      expect((await entriesOf(stack(), user))[0]?.stream).toBe(false);
    });

    test('a body of 40 MiB is 413 before it is all there', async () => {
      const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${stack().token}\r\ncontent-type: application/json\r\ncontent-length: ${40 * 1024 * 1024}\r\n\r\n{`;
      const answer = await sendRaw({ port: port(), bytes: head });
      expect(answer.status).toBe(413);
      expect(answer.body).toContain('body_too_large');
    });

    test('a chunked body of 40 MiB is 413, too', async () => {
      let sent = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller: ReadableStreamDefaultController<Uint8Array>) {
          controller.enqueue(new Uint8Array(1024 * 1024).fill(0x20));
          sent += 1;
          if (sent === 40) controller.close();
        },
      });
      const status = await fetch(`${stack().url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stack().token}`, 'content-type': 'application/json' },
        body,
        duplex: 'half',
      } as RequestInit).then(
        (response) => response.status,
        // The server may close while we still write; what counts is that it did not take it.
        () => 413,
      );
      expect(status).toBe(413);
    });

    test('a megabyte of headers is 431', async () => {
      const filler = `x-filler-%: ${'a'.repeat(8_000)}\r\n`;
      const headers = Array.from({ length: 128 }, (_, i) => filler.replace('%', String(i))).join('');
      const answer = await sendRaw({ port: port(), bytes: `GET /v1/models HTTP/1.1\r\nhost: x\r\n${headers}\r\n` });
      expect(answer.status).toBe(431);
    });

    test.each([
      ['two lengths', 'content-length: 3\r\ncontent-length: 30\r\n'],
      ['length and chunks', 'content-length: 3\r\ntransfer-encoding: chunked\r\n'],
      ['a bad length', 'content-length: -1\r\n'],
    ])("a smuggler's request with %s is 400", async (_, headers) => {
      const bytes = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${stack().token}\r\n${headers}\r\n{}\r\n`;
      expect((await sendRaw({ port: port(), bytes })).status).toBe(400);
    });

    test.each(['zz\r\n{}\r\n0\r\n\r\n', '-1\r\n\r\n', 'fffffffffffffffff\r\n{}', '2\r\n{}0\r\n\r\n'])(
      'a body with the broken chunk %j is 400',
      async (body) => {
        const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${stack().token}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
        expect((await sendRaw({ port: port(), bytes: head + body })).status).toBe(400);
      },
    );

    test('another method and another path are told so', async () => {
      const authorization = `Bearer ${stack().token}`;
      const wrongMethod = await fetch(`${stack().url}/v1/chat/completions`, { headers: { authorization } });
      expect(wrongMethod.status).toBe(405);
      await wrongMethod.body?.cancel();
      const wrongPath = await fetch(`${stack().url}/v1/nothing`, { method: 'POST', headers: { authorization }, body: '{}' });
      expect([wrongPath.status, (await errorOf(wrongPath)).code]).toEqual([404, 'route_not_found']);
    });

    test('a token as model, in a path or in metadata is echoed nowhere and stored nowhere', async () => {
      // The canaries of the whole stack: the suite that searches logs and spans comes last.
      const canary = stack().token;
      const secret = canary.slice(canary.lastIndexOf('_') + 1);
      const user = newCallName();
      const asModel = await chat(stack(), { model: canary }, { headers: { 'x-request-id': user } });
      expect(asModel.status).toBe(400);
      expect(JSON.stringify([...asModel.headers]) + (await asModel.text())).not.toContain(secret);
      expect((await recordOf(stack(), user)).model).toContain('[redacted]');
      expect(JSON.stringify(await recordOf(stack(), user))).not.toContain(secret);
      const headers = { authorization: `Bearer ${stack().adminToken}`, 'x-request-id': canary };
      for (const path of [
        `/${canary}`,
        `/v1/${canary}`,
        `/v1/models/${canary}`,
        `/api/v1/tokens/${canary}`,
        `/api/v1/${canary}`,
      ]) {
        const response = await fetch(stack().url + path, { headers });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(JSON.stringify([...response.headers]) + (await response.text())).not.toContain(secret);
      }
    });

    test('bytes that are not UTF-8 go on to the upstream of the same dialect as they came', async () => {
      const user = newCallName();
      const [before, after] = [`{"model":"${model}","user":"${user}","messages":[{"role":"user","content":"a`, 'b"}]}'];
      const body = Buffer.concat([Buffer.from(before), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from(after)]);
      const headers = { authorization: `Bearer ${stack().token}`, 'content-type': 'application/json' };
      const response = await fetch(`${stack().url}/v1/chat/completions`, { method: 'POST', headers, body });
      expect(response.status).toBe(200);
      expect(await entriesOf(stack(), user)).toHaveLength(1);
    });

    test.each([
      [400, 'invalid_request', 'GET /v1/models HTTP/1.1\r\n\r\n'],
      [417, 'expectation_failed', 'GET /v1/models HTTP/1.1\r\nhost: x\r\nexpect: tea\r\n\r\n'],
      [400, 'invalid_request', 'NONSENSE\r\n\r\n'],
    ])('%i %s comes in the envelope, and the connection ends', async (status, code, bytes) => {
      const answer = await sendRaw({ port: port(), bytes });
      expect([answer.status, answer.headers['connection']]).toEqual([status, 'close']);
      expect(answer.body).toContain(`"code":"${code}"`);
    });

    test('after all of it the gateway still answers', async () => {
      expect((await chat(stack(), { model })).status).toBe(200);
    });
  });
}
