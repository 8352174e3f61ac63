import type { Ask, Medium, Tool, ToolResult } from './ask.js';
import { countText, MEDIUM_TOKENS, TURN_TOKENS } from './count-tokens.js';

export type Speaker = 'system' | 'user' | 'model';

/** Gathers a conversation while a vendor's reader walks over it, and counts it. */
export interface Conversation {
  turn(speaker: Speaker): void;
  text(text: string): void;
  medium(medium: Medium): void;
  /** A call that the model made earlier. */
  call(id: string, name: string, text: string): void;
  result(id: string, text: string, failed: boolean): void;
  tool(tool: Tool, text: string): void;
  /** All before this is to be cached. */
  mark(): void;
  readonly tokens: number;
  finish(settings: AskSettings): Ask;
}

export type AskSettings = Pick<
  Ask,
  | 'model'
  | 'stream'
  | 'choice'
  | 'parallel'
  | 'schema'
  | 'thinking'
  | 'maxTokens'
  | 'stops'
  | 'user'
  | 'cachesMarkedOnly'
  | 'choices'
  | 'tellsCacheWrites'
>;

export function createConversation(): Conversation {
  const tools: Tool[] = [];
  const names = new Map<string, string>();
  let [tokens, markedTokens, resultsSoFar] = [3, 0, 0];
  let speaker: Speaker = 'system';
  let prompt = '';
  let freshPrompt = true;
  const media: Medium[] = [];
  let results: ToolResult[] = [];
  return {
    get tokens() {
      return tokens;
    },
    turn(next) {
      tokens += TURN_TOKENS;
      speaker = next;
      freshPrompt = true;
      if (next === 'model') results = [];
    },
    text(text) {
      tokens += countText(text);
      if (speaker !== 'user' || text === '') return;
      if (freshPrompt) resultsSoFar = 0;
      prompt = freshPrompt ? text : `${prompt}\n${text}`;
      freshPrompt = false;
    },
    medium(medium) {
      tokens += MEDIUM_TOKENS;
      media.push(medium);
    },
    call(id, name, text) {
      tokens += countText(name) + countText(text);
      names.set(id, name);
    },
    result(id, text, failed) {
      tokens += countText(text);
      resultsSoFar += 1;
      results.push({ name: names.get(id) ?? id, text, failed });
    },
    tool(tool, text) {
      tokens += countText(text);
      tools.push(tool);
    },
    mark() {
      markedTokens = tokens;
    },
    finish: (settings) => ({ ...settings, prompt, promptTokens: tokens, markedTokens, media, tools, results, resultsSoFar }),
  };
}
