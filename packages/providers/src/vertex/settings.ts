import type { ProviderRow, ProviderSetting } from '../provider-row.js';

/** Both rows of Vertex are placed alike; their SDKs read other variables. */
export const vertexSettings = (projectVariable: string, locationVariable: string): readonly ProviderSetting[] => [
  {
    name: 'project',
    variables: [projectVariable],
    pattern: '[a-z][a-z0-9-]{4,28}[a-z0-9]',
    expected: 'the id of the project, for instance my-project',
    fallback: null,
  },
  {
    name: 'location',
    variables: [locationVariable],
    pattern: '[a-z]{2,20}(-[a-z]{2,20}[0-9]{1,2})?',
    expected: 'a location, for instance global or europe-west4',
    fallback: null,
  },
];

export const VERTEX_BASE_URL = 'https://{location}-aiplatform.googleapis.com';

/** Multi-regions have hosts of another form. */
export const VERTEX_HOSTS: ProviderRow['baseUrlBySetting'] = {
  setting: 'location',
  values: {
    global: 'https://aiplatform.googleapis.com',
    us: 'https://aiplatform.us.rep.googleapis.com',
    eu: 'https://aiplatform.eu.rep.googleapis.com',
  },
};

export const vertexPath = (publisher: string): string =>
  `/v1/projects/{project}/locations/{location}/publishers/${publisher}/models/{model}`;
