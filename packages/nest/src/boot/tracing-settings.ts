import type { TracerSettings } from '@tollgate/telemetry';
import type { CommonEnvironment } from './common-environment.js';

const RATIOS: Readonly<Record<string, number>> = { parentbased_always_on: 1, parentbased_always_off: 0 };

/** The standard's variables as the tracer wants them: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
export function tracingSettings(
  common: CommonEnvironment,
  process: { readonly serviceName: string; readonly version: string; readonly instance: string },
): Pick<TracerSettings, 'serviceName' | 'exporterUrl' | 'sampleRatio' | 'resource'> {
  const off = common.otelDisabled || common.otelExporter === 'none';
  const base = common.otelEndpoint;
  const fromBase = base === null ? null : `${base.replace(/\/+$/, '')}/v1/traces`;
  return {
    serviceName: common.otelServiceName ?? process.serviceName,
    exporterUrl: off ? null : (common.otelTracesEndpoint ?? fromBase),
    sampleRatio: RATIOS[common.otelSampler] ?? common.otelSampleRatio,
    resource: {
      ...resourceAttributes(common.otelResource ?? ''),
      'service.version': process.version,
      'service.instance.id': process.instance,
    },
  };
}

/** `key=value,key=value`, values percent-encoded. */
function resourceAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const equals = pair.indexOf('=');
    if (equals <= 0) continue;
    const value = pair.slice(equals + 1).trim();
    try {
      attributes[pair.slice(0, equals).trim()] = decodeURIComponent(value);
    } catch {
      attributes[pair.slice(0, equals).trim()] = value;
    }
  }
  return attributes;
}
