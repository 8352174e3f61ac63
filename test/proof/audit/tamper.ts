/** What somebody does who can write to the database: `rows` says which events are put back afterwards. */
export interface Tampering {
  readonly name: string;
  /** Condition on auth.audit_events. */
  readonly rows: string;
  readonly sql: string;
}

const at = (seq: number): string => `organisation_id = $1 AND seq = ${seq}`;
const swapped = (one: number, two: number, columns: readonly string[]): string =>
  `UPDATE auth.audit_events AS event SET ${columns.map((column) => `${column} = other.${column}`).join(', ')}
   FROM auth.kept AS other WHERE event.organisation_id = $1 AND other.organisation_id = $1
     AND ((event.seq = ${one} AND other.seq = ${two}) OR (event.seq = ${two} AND other.seq = ${one}))`;

/** `last` is the newest event. */
export function tamperings(last: number, random: () => number): readonly Tampering[] {
  const pick = (): number => 1 + Math.floor(random() * (last - 50));
  const edits = [
    ["action = 'token.read'", 'action'],
    ["reason = 'approved'", 'reason'],
    ["decision = CASE decision WHEN 'allowed' THEN 'denied' ELSE 'allowed' END", 'decision'],
    ["occurred_at = occurred_at + interval '1 millisecond'", 'time'],
    [`actor = actor || '{"id":"tok_somebody_else"}'`, 'actor'],
    [`target = target || '{"name":"nothing"}'`, 'target'],
    ["ip = '10.0.0.1'", 'address'],
    [`after = '{"scopes":[]}'`, 'after'],
    ["hash = repeat('a', 64)", 'hash'],
    ["prev_hash = repeat('a', 64)", 'previous hash'],
  ] as const;
  const seqs = edits.map(pick);
  const [gone, one] = [pick(), pick()];
  return [
    ...edits.map(([set, name], index) => {
      const where = at(seqs[index] as number);
      return { name: `another ${name}`, rows: where, sql: `UPDATE auth.audit_events SET ${set} WHERE ${where}` };
    }),
    { name: 'a deleted event', rows: at(gone), sql: `DELETE FROM auth.audit_events WHERE ${at(gone)}` },
    {
      name: 'a deleted tail',
      rows: `organisation_id = $1 AND seq > ${last - 5}`,
      sql: `DELETE FROM auth.audit_events WHERE organisation_id = $1 AND seq > ${last - 5}`,
    },
    {
      name: 'two events swapped',
      rows: `organisation_id = $1 AND seq IN (${one}, ${one + 1})`,
      sql: swapped(one, one + 1, [
        'occurred_at',
        'action',
        'actor',
        'target',
        'after',
        'before',
        'request_id',
        'hash',
        'prev_hash',
      ]),
    },
  ];
}
