import type { Page, Token } from '@tollgate/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningAuth, startAuth } from '../testing/start-auth.js';
import { TOKENS, tokenCalls } from '../testing/token-calls.js';

let auth: RunningAuth;
beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth.close());
const { made, ownerNamed } = tokenCalls(() => auth);

describe('search', () => {
  const names = async (query: string): Promise<readonly string[]> => {
    const answer = await auth.call<Page<Token>>('GET', `${TOKENS}?limit=200&${query}`);
    expect(answer.status, answer.text).toBe(200);
    return answer.body.data.map(({ name }) => name);
  };

  test('by owner, tag, parent, scope, model, expiry and last use', async () => {
    const owner = await ownerNamed('search');
    const one = await made({ name: 's-one', owner_id: owner, tags: ['s:1', 's:2'], expires_at: '2031-01-01T00:00:00Z' });
    await made({
      name: 's-two',
      parent_id: one.id,
      tags: ['s:2'],
      scopes: ['llm:chat'],
      models: { allow: ['gpt-%_x*'], deny: ['gpt-%_x9'] },
    });
    await made({ name: 's-three', owner_id: owner, scopes: ['llm:embed'], expires_at: null });
    expect(await names(`name=s-&owner_id=${owner}`)).toEqual(['s-three', 's-two', 's-one']);
    expect(await names('tag=s:2')).toEqual(['s-two', 's-one']);
    expect(await names('tag=s:1')).toEqual(['s-one']);
    expect(await names(`parent_id=${one.id}`)).toEqual(['s-two']);
    expect(await names('name=s-&scope=llm:chat')).toEqual(['s-two', 's-one']);
    expect(await names('name=s-&scope=llm:embed')).toEqual(['s-three', 's-one']);
    const model = (text: string) => names(`name=s-&model=${encodeURIComponent(text)}`);
    expect(await model('gpt-%_x1')).toEqual(['s-three', 's-two', 's-one']);
    expect(await model('gpt-%_x9')).toEqual(['s-three', 's-one']);
    expect(await model('gpt-aax1')).toEqual(['s-three', 's-one']);
    expect(await names('name=s-&expires_before=2031-01-01T00:00:01Z')).toEqual(['s-two', 's-one']);
    await auth.dataSource.query("UPDATE auth.token_secrets SET last_used_at = '2026-05-05T00:00:00Z' WHERE token_id = $1", [
      one.id,
    ]);
    expect(await names('name=s-&last_used_before=2026-05-05T00:00:00Z')).toEqual(['s-three', 's-two']);
    expect(await names('name=s-&last_used_before=2026-05-05T00:00:01Z')).toEqual(['s-three', 's-two', 's-one']);
    expect((await auth.call('GET', `${TOKENS}/${one.id}`)).body).toMatchObject({ last_used_at: '2026-05-05T00:00:00.000Z' });
  });

  test.each(['created_at', '-created_at', 'name', '-name', 'expires_at', '-expires_at', 'last_used_at', '-last_used_at'])(
    'by %s, page by page, without a gap or a repetition',
    async (sort) => {
      const tag = `sort-${sort.replace('-', 'minus-')}`;
      const expiries = ['2031-01-01T00:00:00Z', null, '2030-01-01T00:00:00Z', null, '2031-01-01T00:00:00Z'];
      const all: Token[] = [];
      for (const [index, expires_at] of expiries.entries()) {
        const token = await made({ name: `n${[3, 1, 2, 1, 5][index]}`, tags: [tag], expires_at });
        if (index % 2 === 0) {
          await auth.dataSource.query('UPDATE auth.tokens SET last_used_at = $2 WHERE id = $1', [
            token.id,
            new Date(2026, 4, index + 1),
          ]);
        }
        all.push((await auth.call('GET', `${TOKENS}/${token.id}`)).body);
      }
      const found: Token[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const path: string = `${TOKENS}?tag=${tag}&limit=2&sort=${sort}${cursor === '' ? '' : `&cursor=${cursor}`}`;
        const answer = await auth.call<Page<Token>>('GET', path);
        expect(answer.status, answer.text).toBe(200);
        const page: Page<Token> = answer.body;
        found.push(...page.data);
        cursor = page.next_cursor;
      }
      const key = (token: Token): string => {
        if (sort.endsWith('name')) return token.name;
        if (sort.endsWith('expires_at')) return token.expires_at ?? '9999';
        return sort.endsWith('last_used_at') ? (token.last_used_at ?? '0000') : '';
      };
      const sign = sort.startsWith('-') ? -1 : 1;
      const expected = all.toSorted((a, b) => {
        const [first, second] = [key(a) + a.id, key(b) + b.id];
        return first < second ? -sign : sign;
      });
      expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      const other = sort === 'name' ? '-name' : 'name';
      const [first] = found;
      const cursor = Buffer.from(JSON.stringify([sort, first?.id, first?.id])).toString('base64url');
      expect((await auth.call('GET', `${TOKENS}?sort=${other}&cursor=${cursor}`)).status).toBe(400);
    },
  );

  test('400: cursors that are not ours, whatever they hold', async () => {
    const cursors: [string, unknown][] = [
      ['name', ['name', 'a\u0000b', 'tok_00000000000000000000000000']],
      ['name', ['name', 'a', "tok_' OR 1=1"]],
      ['name', ['name', { $gt: '' }, 'tok_00000000000000000000000000']],
      ['expires_at', ['expires_at', '2026-99-99T00:00:00.000Z', 'tok_00000000000000000000000000']],
      ['expires_at', ['expires_at', "now() - interval '1 day'", 'tok_00000000000000000000000000']],
      ['-name', ['name', 'a', 'tok_00000000000000000000000000']],
      ['name', null],
    ];
    for (const [sort, parts] of cursors) {
      const cursor = Buffer.from(JSON.stringify(parts)).toString('base64url');
      expect((await auth.call('GET', `${TOKENS}?sort=${sort}&cursor=${cursor}`)).status, JSON.stringify(parts)).toBe(400);
    }
  });

  test('400: filters that are not understood', async () => {
    for (const query of [
      'owner_id=me',
      'tag=a%20b',
      'expires_before=soon',
      'sort=secret',
      'sort=--name',
      'parent_id=x',
      'colour=red',
    ]) {
      expect((await auth.call('GET', `${TOKENS}?${query}`)).status, query).toBe(400);
    }
  });
});
