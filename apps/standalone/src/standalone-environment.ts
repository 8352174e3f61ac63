import { SERVICES, type Service } from '@tollgate/contracts';
import { textVariable, type VariableSpec } from '@tollgate/kernel';

/** What the composition root reads itself; the rest belongs to `bootServices` and to the services. */
export const STANDALONE_ENVIRONMENT = {
  roles: rolesVariable(),
  dataDir: textVariable({
    name: 'TOLLGATE_DATA_DIR',
    purpose: 'Folder of the embedded database, the spool and the secrets that the first start makes.',
    expected: 'the path of a folder',
    fallback: '.tollgate',
  }),
};

function rolesVariable(): VariableSpec<readonly Service[]> {
  return {
    name: 'TOLLGATE_ROLES',
    purpose: 'Which services this process hosts.',
    expected: `all, or names with commas between: ${SERVICES.join(', ')}`,
    fallback: SERVICES,
    parse: (text) => {
      if (text === 'all') return SERVICES;
      const names = new Set(text.split(',').map((name) => name.trim()));
      const known = SERVICES.filter((service) => names.has(service));
      return known.length === names.size ? known : null;
    },
  };
}
