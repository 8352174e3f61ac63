import { SERVICES } from '@tollgate/contracts';
import { expect, test } from 'vitest';
import { environmentOf } from './environment-of.js';

const places = {
  auditKey: 'audit',
  natsUrl: 'nats://here',
  databaseUrl: 'postgres://here',
  tokenPepper: 'pepper',
  sealingKey: 'key',
};

test('no process hears of certificates or proxies but from the ingress, which all of them believe', () => {
  const given = {
    TLS_CERT_FILE: 'cert.pem',
    TLS_KEY_FILE: 'key.pem',
    TRUSTED_PROXIES: '10.0.0.0/8',
    NATS_CA_FILE: 'ca.pem',
    NATS_CREDS_FILE: 'user.creds',
    TOLLGATE_ALLOW_PLAIN_HTTP: 'true',
  };
  for (const service of SERVICES) {
    const environment = environmentOf([service], places, given);
    expect(environment).toMatchObject({
      TRUSTED_PROXIES: 'loopback',
      TOLLGATE_ALLOW_PLAIN_HTTP: 'true',
      NATS_URL: 'nats://here',
    });
    expect(Object.keys(environment).filter((name) => /^TLS_|^NATS_C/.test(name))).toEqual([]);
  }
});

test('the key of the OAuth server is for auth alone', () => {
  const given = { TOLLGATE_OAUTH_KEY: 'x', TOLLGATE_OAUTH_KEY_FILE: 'y' };
  for (const service of SERVICES) {
    const found = Object.keys(environmentOf([service], places, given)).filter((name) => name.startsWith('TOLLGATE_OAUTH_KEY'));
    expect(found).toHaveLength(service === 'auth' ? 2 : 0);
  }
});
