import { startNatsServer } from '@tollgate/testing';
import { afterAll, expect, test } from 'vitest';
import { newFolder, ROUTER, removeFolders, run } from './start-up/run-product.ts';

afterAll(removeFolders);

test('a service whose bus is away says so and goes on as soon as the bus is there', async () => {
  const bus = await startNatsServer();
  await bus.kill();
  const cwd = newFolder();
  const router = run({
    script: ROUTER,
    cwd,
    env: { NATS_URL: bus.url, TOLLGATE_TOKEN_PEPPER: 'p'.repeat(43), HOST: '127.0.0.1', LOG_LEVEL: 'info' },
  });
  try {
    await router.says('waiting for NATS: start it or mend NATS_URL');
    expect(router.child.exitCode).toBeNull();
    await bus.restart();
    await router.says('services are up');
  } finally {
    router.child.kill('SIGTERM');
    await bus.stop();
  }
  expect(await router.ended).toEqual({ code: 0, signal: null });
});
