/** What is tried, and what it is after. */
export interface Payload {
  readonly family: Family;
  readonly text: string;
}

export const FAMILIES = [
  'sql',
  'boolean',
  'time',
  'like',
  'control',
  'unicode',
  'header',
  'template',
  'markup',
  'prototype',
  'path',
  'command',
] as const;
export type Family = (typeof FAMILIES)[number];

/** Stands in most payloads: where it is found in the text of a statement, a value was pasted into SQL. */
export const MARK = 'zqinj';
/** 1337 x 1337: what a template engine would make of it. */
export const EVALUATED = '1787569';
/** Longer than any honest answer. */
export const SLEEP_MS = 4_000;

const SQL = [
  "'",
  '"',
  '`',
  "'--",
  "'/*",
  '*/',
  "')",
  "'))--",
  "''",
  "\\'",
  '$1',
  '$$',
  '$$; SELECT 1; $$',
  ' :name',
  ' :organisationId',
  ' :...ids',
  '::int',
  "'; DROP TABLE auth.tokens; --",
  "'; DELETE FROM auth.audit_events; --",
  "'; UPDATE auth.tokens SET status = 'active'; --",
  "'; INSERT INTO auth.organisations SELECT * FROM auth.organisations; --",
  "' UNION SELECT encode(digest, 'hex') FROM auth.token_secrets --",
  "'||(SELECT current_user)||'",
  "' AND CAST((SELECT version()) AS int) = 1 --",
  "'; COPY (SELECT 1) TO PROGRAM 'id'; --",
  "'; SELECT lo_import('/etc/passwd'); --",
  "', 'admin') --",
  "' RETURNING * --",
  "' ORDER BY 99 --",
  '{"$ne":null}',
  "]}'::jsonb",
];
const BOOLEAN = [
  "' OR '1'='1",
  "' OR 1=1 --",
  "') OR ('1'='1",
  '" OR ""="',
  "' AND '1'='2",
  "' OR name LIKE '%",
  ' OR 1=1',
  "' || '",
  "' OR TRUE --",
];
const TIME = [
  "'; SELECT pg_sleep(4) --",
  "'||pg_sleep(4)||'",
  "') OR (SELECT 1 FROM pg_sleep(4)) IS NULL --",
  "' AND (SELECT count(*) FROM generate_series(1, 200000000)) > 0 --",
  '; SELECT pg_sleep(4)',
];
/** Alone: a mark beside them would make them harmless. */
const LIKE = ['%', '_', '\\', '%%', '%_%', '\\%', '%\\', '*', '?', '[a-z]%', '_'.repeat(40), '%a%'];
const CONTROL = [
  '\u0000',
  "\u0000' OR 1=1 --",
  '\u0001\u001b[31m',
  '\u2028',
  '\u202e',
  '\ud800',
  '\udc00\ud800',
  '\u0085',
  '\ufeff',
  '\t',
];
const UNICODE = [
  '\u02bc OR 1=1',
  '\u2019 OR \u20191\u2019=\u20191',
  '\u201c OR \u201d',
  '\uff07 OR \uff071\uff07=\uff071',
  "\u00bf' OR 1=1 --",
  '\u{1f5dd}',
  '\u0130\u0131\u1e9e',
  'e\u0301\u00e9',
];
const HEADER = [
  '\r\nx-injected: 1',
  '\nx-injected: 1',
  '\rx-injected: 1',
  '%0d%0ax-injected:%201',
  '\r\n x-injected: 1',
  '\u560d\u560ax-injected: 1',
  '\r\n\r\n<html>',
  '\r\nset-cookie: a=b',
];
const TEMPLATE = [
  '{{1337*1337}}',
  '$' + '{1337*1337}',
  '#{1337*1337}',
  '<%= 1337*1337 %>',
  '{% debug %}',
  '$' + '{{<%[%\'"}}%\\.',
  '$' + '{env:TOLLGATE_TOKEN_PEPPER}',
];
const MARKUP = [
  "<script>alert('1')</script>",
  '"><img src=x onerror=alert(1)>',
  "'><svg/onload=alert(1)>",
  'javascript:alert(1)',
  ']]><!--',
  '</title><h1>',
];
const PROTOTYPE = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__proto__[polluted]'];
const PATH = [
  '../../../../etc/passwd',
  '..%2f..%2f..%2fetc%2fpasswd',
  '..\\..\\..\\etc\\passwd',
  '/etc/passwd',
  'file:///etc/passwd',
  '%2e%2e/%2e%2e/',
  '//127.0.0.1/',
  '.',
  '%00',
];
const COMMAND = ['$(id)', '`id`', '; id', '| id', '& id', '=cmd|"/c calc"!A1'];

const marked = (family: Family, texts: readonly string[]): Payload[] => texts.map((text) => ({ family, text: `${MARK}${text}` }));
const bare = (family: Family, texts: readonly string[]): Payload[] => texts.map((text) => ({ family, text }));

/** `listener`: the port of a canary that nobody may call. */
export function corpusOf(listener: number): readonly Payload[] {
  return [
    ...marked('sql', SQL),
    ...bare('sql', ["'", '1; DROP TABLE auth.tokens', "1' OR '1'='1"]),
    ...marked('boolean', BOOLEAN),
    ...bare('boolean', ['1 OR 1=1', 'true']),
    ...marked('time', TIME),
    ...bare('time', ['1; SELECT pg_sleep(4)']),
    ...bare('like', LIKE),
    ...marked('control', CONTROL),
    ...marked('unicode', UNICODE),
    ...marked('header', HEADER),
    ...marked('template', [...TEMPLATE, `$${`{jndi:ldap://127.0.0.1:${listener}/a}`}`]),
    ...marked('markup', MARKUP),
    ...bare('prototype', PROTOTYPE),
    ...bare('path', PATH),
    ...marked('command', COMMAND),
    { family: 'sql', text: `${MARK}${"'".repeat(5_000)}` },
  ];
}
