import type { Finding } from './budget.ts';
import type { ArrangementFigures, CpuFigures } from './measure-arrangement.ts';

type Ratio = Pick<CpuFigures, 'timesReference' | 'timesReferenceRange'>;

const cell = (text: string, width: number): string => text.padEnd(width);
const number = (value: number, digits = 1): string => value.toFixed(digits).padStart(9);

/** The table for people; the JSON below it is for machines. */
export function describeFigures(figures: ArrangementFigures): string {
  const lines = [`\n${figures.arrangement}`];
  const cpu = (name: string, { reference, path, beside, total, ...ratio }: CpuFigures): void => {
    lines.push(`  ${cell(`CPU us per ${name}`, 34)}`);
    for (const [process, value] of Object.entries(path)) lines.push(`    ${cell(process, 32)}${number(value)}`);
    lines.push(`    ${cell('together', 32)}${number(total)}`);
    lines.push(`    ${cell('reference relay', 32)}${number(reference)}   ratio ${describeRatio(ratio)}`);
    const others = Object.entries(beside).map(([process, value]) => `${process} ${value.toFixed(1)}`);
    if (others.length > 0) lines.push(`    ${cell('beside the path', 32)}   ${others.join(', ')}`);
  };
  cpu('request', figures.request);
  cpu('paced frame', figures.frame);
  const { firstTokenAddedMs, answerAddedMs } = figures;
  lines.push(
    `  ${cell('first token added, ms', 34)}${number(firstTokenAddedMs.p50, 2)} p50 ${number(firstTokenAddedMs.p99, 2)} p99`,
  );
  lines.push(`  ${cell('whole answer added, ms', 34)}${number(answerAddedMs.p50, 2)} p50 ${number(answerAddedMs.p99, 2)} p99`);
  const memory = Object.entries(figures.residentIdleMegabytes).map(([process, value]) => `${process} ${value.toFixed(0)}`);
  lines.push(`  ${cell('resident memory, idle, MB', 34)}   ${memory.join(', ')}`);
  lines.push(`  ${cell('start to first answer, ms', 34)}${number(figures.startMs, 0)}`);
  return `${lines.join('\n')}\n`;
}

function describeRatio({ timesReference, timesReferenceRange: [min, max] }: Ratio): string {
  return `${timesReference.toFixed(2)} (rounds ${min.toFixed(2)} to ${max.toFixed(2)})`;
}

export function describeFindings(findings: readonly Finding[]): string {
  const lines = findings.map(
    ({ what, value, max, ok }) => `  ${ok ? 'ok  ' : 'OVER'}  ${cell(what, 48)}${number(value, 2)}  of ${max}`,
  );
  return `\nbudget\n${lines.join('\n')}\n`;
}
