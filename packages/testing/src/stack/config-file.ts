import type { SimulatedProvidersProcess } from '../simulated-providers/process.js';

/**
 * `tollgate.yaml` of a test: the simulated upstream as provider `sim`, which answers any model name after `sim/`; one of its
 * models has a price. The key stands in the file, so that it is stored sealed. With vendors: those of them whose keys are one
 * text, each under its own name.
 */
export const configFile = (
  upstreamUrl: string,
  key: string,
  vendors: SimulatedProvidersProcess | null = null,
): string => `version: 1
providers:
  sim:
    base_url: ${upstreamUrl}
    credential: ${key}
    allow_private_network: true
${vendors === null ? '' : vendorRows(vendors)}models:
  sim/sim-priced:
    price: { input: "2.5", output: "10" }
`;

/** What stands between the vendor's origin and its paths in a row's base URL. */
const BASES = { openai: '/v1', anthropic: '', gemini: '', cohere: '', mistral: '/v1', voyage: '/v1' } as const;

const vendorRows = ({ url, keys }: SimulatedProvidersProcess): string =>
  (Object.keys(BASES) as (keyof typeof BASES)[])
    .map(
      (name) => `  ${name}:
    base_url: ${url(name)}${BASES[name]}
    credential: ${keys[name]}
    allow_private_network: true
`,
    )
    .join('');
