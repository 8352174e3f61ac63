import type { Provider } from '@pydantic/genai-prices';
import type { TableModel } from './vendor-table.js';

/** The text of a vendor's file: one model a line, so that a new version of the table reads well as a difference. */
export function writeVendorTable(provider: Provider, version: string): string {
  const lines = provider.models.map((model) => JSON.stringify(kept(model)));
  return `{"source":${JSON.stringify(`genai-prices@${version}`)},"models":[\n${lines.join(',\n')}\n]}\n`;
}

const kept = ({ id, name, match, context_window, deprecated, prices }: TableModel): TableModel =>
  ({ id, name, match, context_window, deprecated, prices }) as TableModel;
