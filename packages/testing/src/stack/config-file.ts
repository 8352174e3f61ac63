/**
 * `tollgate.yaml` of a test: the simulated upstream as provider `sim`, which answers any model name after `sim/`; one of its
 * models has a price. The key stands in the file, so that it is stored sealed.
 */
export const configFile = (upstreamUrl: string, key: string): string => `version: 1
providers:
  sim:
    base_url: ${upstreamUrl}
    credential: ${key}
    allow_private_network: true
models:
  sim/sim-priced:
    price: { input: "2.5", output: "10" }
`;
