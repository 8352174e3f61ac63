import { type Fields, isFields } from './fields.js';

export interface DemoTool {
  readonly name: string;
  readonly parameters: unknown;
}

/**
 * The tool that the demo calls: the one that the caller names, the first where one is required, else one whose name (`find_tree`
 * or `find tree`) the user's last message says. After a tool's result it answers with text.
 */
export function chooseTool(request: Fields, userText: string, answersTool: boolean): DemoTool | null {
  const tools = readTools(request['tools']);
  const choice = request['tool_choice'];
  if (choice === 'none' || tools.length === 0) return null;
  if (choice === 'required') return tools[0] ?? null;
  if (isFields(choice)) {
    const wanted = isFields(choice['function']) ? choice['function']['name'] : null;
    return tools.find((tool) => tool.name === wanted) ?? null;
  }
  if (answersTool) return null;
  const said = userText.toLowerCase();
  return tools.find(({ name }) => [name, name.replace(/[_-]+/g, ' ')].some((each) => said.includes(each.toLowerCase()))) ?? null;
}

function readTools(tools: unknown): readonly DemoTool[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool: unknown) => {
    const made = isFields(tool) && isFields(tool['function']) ? tool['function'] : null;
    return made !== null && typeof made['name'] === 'string' && made['name'] !== ''
      ? [{ name: made['name'], parameters: made['parameters'] ?? { type: 'object' } }]
      : [];
  });
}
