import { randomBytes } from 'node:crypto';
import { AdapterHelloSchema, SUBJECTS } from '@tollgate/contracts';
import { decodeJson, EMPTY_BYTES, EnvironmentError } from '@tollgate/kernel';
import { bootServices, systemClock } from '@tollgate/nest';
import { sealingKeyPair } from '@tollgate/policy';
import { createInProcessTransport } from '@tollgate/transport';
import { expect, test } from 'vitest';
import { providerAdaptersService } from './index.js';

const variables = { PORT: '0', TOLLGATE_METRICS_PORT: '0', LOG_LEVEL: 'fatal', OTEL_SDK_DISABLED: 'true' };

test('the service boots without a catalogue, is not ready, and presents itself to who asks', async () => {
  const transport = createInProcessTransport({ clock: systemClock });
  const key = randomBytes(32);
  const handle = await bootServices([providerAdaptersService], {
    transport,
    variables: { ...variables, TOLLGATE_SEALING_KEY: key.toString('base64url'), GROQ_API_KEY: 'gsk-canary' },
  });
  try {
    const answer = await transport.request(SUBJECTS.adapterDescribe, EMPTY_BYTES, { timeoutMs: 5_000 });
    const hello = AdapterHelloSchema.parse(decodeJson(answer));
    expect(hello.sealingKey).toEqual(sealingKeyPair(key));
    expect(hello.environmentProviders).toEqual([{ provider: 'groq', variable: 'GROQ_API_KEY', baseUrl: null }]);
    expect(new TextDecoder().decode(answer)).not.toContain('gsk-canary');
    const ready = await fetch(`${handle.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ checks: { upstreams: { ready: false } } });
  } finally {
    await handle.close();
    await transport.drain(100);
  }
});

test('without a sealing key it does not boot', async () => {
  await expect(bootServices([providerAdaptersService], { variables })).rejects.toThrow(EnvironmentError);
});
