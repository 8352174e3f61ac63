import type { ProviderRow } from '../provider-row.js';

export const provider: ProviderRow = {
  name: 'bedrock',
  title: 'Amazon Bedrock',
  kind: 'native',
  baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com',
  settings: [
    {
      name: 'region',
      variables: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
      pattern: '[a-z]{2}(-[a-z]{2,20}){1,3}-[0-9]{1,2}',
      expected: 'a region, for instance eu-central-1',
      fallback: null,
    },
  ],
  auth: { type: 'sigv4', service: 'bedrock', region: '{region}' },
  headers: {},
  serves: [
    {
      endpoint: 'chat.completions',
      dialect: 'bedrock-converse',
      path: '/model/{model}/converse',
      streamPath: '/model/{model}/converse-stream',
    },
  ],
  // A key of AWS is two or three variables: see the README.
  keyVariables: [],
  baseUrlVariable: null,
  quirks: ['model_in_path'],
  errors: 'aws',
  check: null,
  pricesId: 'aws',
  localByDefault: false,
  docs: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
  verified: 'docs',
  note: 'The credential is `access key id:secret access key[:session token]`. A model is an id, an inference profile or an ARN.',
};
