import { defineRows } from './define-rows.js';

/** Embeddings and ranking, no conversation. */
export const rows = defineRows('retrieval', [
  {
    name: 'voyage',
    title: 'Voyage AI',
    baseUrl: 'https://api.voyageai.com/v1',
    keyVariables: ['VOYAGE_API_KEY'],
    endpoints: ['embeddings'],
    check: null,
    pricesId: 'voyageai',
    docs: 'https://github.com/voyage-ai/voyageai-python',
    note: 'Asks for a size by `output_dimension`. Its ranking takes `top_k` and is not offered at the path of others.',
  },
  {
    name: 'jina',
    title: 'Jina AI',
    baseUrl: 'https://api.jina.ai/v1',
    keyVariables: ['JINA_API_KEY'],
    endpoints: ['embeddings', 'rerank'],
    check: null,
    docs: 'https://github.com/jina-ai/MCP',
  },
]);
