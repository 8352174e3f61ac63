import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Arrangement } from '@tollgate/testing';
import type { ArrangementFigures } from './measure-arrangement.ts';

export interface Budget {
  readonly reference: { readonly sha256: string; readonly timesEchoMax: number };
  readonly timesReferenceMax: Readonly<Partial<Record<Arrangement, { readonly request?: number; readonly frame?: number }>>>;
  /** In the distributed and the data-plane arrangement. */
  readonly firstTokenAddedP99MsMax: number;
  /** By service, where it has a process of its own. */
  readonly residentIdleMegabytesMax: Readonly<Record<string, number>>;
  readonly startMsMax: Readonly<Partial<Record<Arrangement, number>>>;
}

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');
export const readBudget = (): Budget => JSON.parse(read('./budget.json')) as Budget;

/** A ratio is worth what its yardstick is: nobody changes the relay in passing. */
export function referenceIsPinned(budget: Budget): boolean {
  return createHash('sha256').update(read('./reference-relay.ts')).digest('hex') === budget.reference.sha256;
}

export interface Finding {
  readonly what: string;
  readonly value: number;
  readonly max: number;
  readonly ok: boolean;
}

const finding = (what: string, value: number, max: number): Finding => ({ what, value, max, ok: value <= max });

/** Every figure that has a budget, beside it. */
export function compare(budget: Budget, timesEcho: number, arrangements: readonly ArrangementFigures[]): Finding[] {
  const findings = [finding('reference relay: times a bare echo', timesEcho, budget.reference.timesEchoMax)];
  for (const figures of arrangements) {
    const { arrangement } = figures;
    const ratios = budget.timesReferenceMax[arrangement];
    if (ratios?.request !== undefined)
      findings.push(finding(`${arrangement}: request, times reference`, figures.request.timesReference, ratios.request));
    if (ratios?.frame !== undefined)
      findings.push(finding(`${arrangement}: frame, times reference`, figures.frame.timesReference, ratios.frame));
    if (arrangement !== 'standalone')
      findings.push(
        finding(`${arrangement}: first token added, p99 ms`, figures.firstTokenAddedMs.p99, budget.firstTokenAddedP99MsMax),
      );
    for (const [name, megabytes] of Object.entries(figures.residentIdleMegabytes)) {
      const max = budget.residentIdleMegabytesMax[name.replace(/-\d+$/, '')];
      if (max !== undefined) findings.push(finding(`${arrangement}: ${name} idle, MB`, megabytes, max));
    }
    const startMax = budget.startMsMax[arrangement];
    if (startMax !== undefined) findings.push(finding(`${arrangement}: start to first answer, ms`, figures.startMs, startMax));
  }
  return findings;
}
