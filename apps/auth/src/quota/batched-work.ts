import type { PoolClient } from 'pg';
import { type ControlPool, STALE } from '../database/control-pool.js';

const BATCH_MAX = 64;
/** More than this waiting means that Postgres cannot keep up: those at the end are told at once. */
const QUEUE_MAX = 2_048;

interface Waiting<Question, Answer> {
  readonly question: Question;
  answer(answer: Answer | null): void;
  refuse(error: unknown): void;
}

/**
 * Questions that arrive while a transaction is under way share the next one: what many routers press on costs one commit per
 * turn, not one per router. The answer is null where Postgres does not play along.
 */
export class BatchedWork<Question, Answer> {
  private waiting: Waiting<Question, Answer>[] = [];
  private working = false;

  constructor(
    private readonly pool: ControlPool,
    private readonly work: (client: PoolClient, questions: readonly Question[]) => Promise<readonly Answer[]>,
  ) {}

  ask(question: Question): Promise<Answer | null> {
    if (this.waiting.length >= QUEUE_MAX) return Promise.resolve(null);
    return new Promise((answer, refuse) => {
      this.waiting.push({ question, answer, refuse });
      if (!this.working) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.working = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, BATCH_MAX);
      try {
        const questions = batch.map(({ question }) => question);
        const answers = await this.pool.run((client) => this.work(client, questions));
        batch.forEach(({ answer }, index) => {
          answer(answers === STALE ? null : (answers[index] ?? null));
        });
      } catch (error) {
        for (const { refuse } of batch) refuse(error);
      }
    }
    this.working = false;
  }
}
