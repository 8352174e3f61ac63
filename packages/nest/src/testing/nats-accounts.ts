import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const newId = (): string => Math.random().toString(36).slice(2);

/** A NATS JWT (https://docs.nats.io/running-a-nats-service/nats_admin/security/jwt), signed by `issuer`. */
function jwtOf(issuer: KeyPair, subject: KeyPair, name: string, nats: Readonly<Record<string, unknown>>): string {
  const claims = {
    jti: newId(),
    iat: Math.floor(Date.now() / 1_000),
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    name,
    nats: { version: 2, ...nats },
  };
  const body = `${encode({ typ: 'JWT', alg: 'ed25519-nkey' })}.${encode(claims)}`;
  return `${body}.${Buffer.from(issuer.sign(Buffer.from(body))).toString('base64url')}`;
}

/** Lines of a server's configuration that takes the users of one account by their JWT, and what makes a user of it. */
export function makeNatsAccount(): { readonly config: string; newCreds(): string } {
  const [operator, account] = [createOperator(), createAccount()];
  const limits = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const accountJwt = jwtOf(operator, account, 'tollgate', { type: 'account', limits });
  const config = [
    `operator: "${jwtOf(operator, operator, 'operator', { type: 'operator' })}"`,
    'resolver: MEMORY',
    `resolver_preload: { ${account.getPublicKey()}: "${accountJwt}" }`,
  ].join('\n');
  const newCreds = (): string => {
    const user = createUser();
    const jwt = jwtOf(account, user, 'service', { type: 'user', pub: {}, sub: {}, subs: -1, data: -1, payload: -1 });
    const seed = Buffer.from(user.getSeed()).toString('latin1');
    return (
      `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n\n` +
      `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`
    );
  };
  return { config, newCreds };
}
