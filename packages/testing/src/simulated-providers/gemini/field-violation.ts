import { refuse } from '../engine/refusal.js';

const details = (field: string, description: string) => ({
  extra: {
    details: [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations: [{ field, description }] }],
  },
});

/** A field that the message does not have. */
export function unknownName(name: string, path: string): never {
  const where = path === '' ? '' : ` at '${path}'`;
  const description = `Invalid JSON payload received. Unknown name "${name}"${where}: Cannot find field.`;
  return refuse(description, details(path, description));
}

/** A field whose value will not do. */
export function badField(field: string, description: string): never {
  return refuse(`* GenerateContentRequest.${field}: ${description}`, details(field, description));
}
