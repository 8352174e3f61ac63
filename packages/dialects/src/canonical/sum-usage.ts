import type { Usage } from '@tollgate/contracts';

export const inputOf = (usage: Usage): number => usage.input + usage.cacheRead + usage.cacheWrite + usage.inputAudio;
export const outputOf = (usage: Usage): number => usage.output + usage.reasoning + usage.outputAudio;
export const totalOf = (usage: Usage): number => inputOf(usage) + outputOf(usage);
