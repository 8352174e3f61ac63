import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.js';

const NANOSECONDS = 1e9;

/** What the operating system and the event loop say of this process; names as prom-client and other exporters have them. */
export function registerProcessMetrics(metrics: Metrics): { stop(): void } {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const cpu = (): { user: number; system: number } => process.cpuUsage();
  metrics.gauge('process_cpu_user_seconds_total', 'CPU time in user mode', () => cpu().user / 1e6);
  metrics.gauge('process_cpu_system_seconds_total', 'CPU time in kernel mode', () => cpu().system / 1e6);
  metrics.gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
  metrics.gauge('nodejs_heap_used_bytes', 'JavaScript heap in use', () => process.memoryUsage().heapUsed);
  metrics.gauge('nodejs_external_memory_bytes', 'Memory of buffers outside the heap', () => process.memoryUsage().external);
  metrics.gauge('nodejs_eventloop_lag_p50_seconds', 'Event loop delay, median since the last scrape', () =>
    seconds(delay.percentile(50)),
  );
  metrics.gauge('nodejs_eventloop_lag_p99_seconds', 'Event loop delay, 99th percentile since the last scrape', () =>
    seconds(delay.percentile(99)),
  );
  metrics.gauge('nodejs_eventloop_lag_max_seconds', 'Event loop delay, longest since the last scrape', () => {
    const longest = seconds(delay.max);
    // Read last (gauges are read in the order of their making): the next scrape starts afresh.
    delay.reset();
    return longest;
  });
  const startedAt = performance.timeOrigin / 1_000;
  metrics.gauge('process_start_time_seconds', 'Start of the process, seconds since the epoch', () => startedAt);
  return { stop: () => delay.disable() };
}

const seconds = (nanoseconds: number): number => (Number.isFinite(nanoseconds) ? nanoseconds / NANOSECONDS : 0);
