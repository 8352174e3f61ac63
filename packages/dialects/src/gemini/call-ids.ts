import type { CallIds } from './read-parts.js';

/** Ids for a conversation: a result belongs to the first call of its name that has none yet, as the API itself joins them. */
export class ConversationIds implements CallIds {
  private readonly waiting = new Map<string, string[]>();
  private count = 0;

  call(name: string): string {
    const id = `call_${this.count}`;
    this.count += 1;
    const queue = this.waiting.get(name);
    if (queue === undefined) this.waiting.set(name, [id]);
    else queue.push(id);
    return id;
  }

  response(name: string): string {
    return this.waiting.get(name)?.shift() ?? this.call(name);
  }
}

/** Ids for an answer, unlike those of any other answer: they go into a conversation that another dialect keeps. */
export class AnswerIds implements CallIds {
  private count = 0;

  constructor(private readonly responseId: () => string) {}

  call(): string {
    const id = `call_${this.responseId()}_${this.count}`;
    this.count += 1;
    return id;
  }

  response(): string {
    return this.call();
  }
}
