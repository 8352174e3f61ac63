import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pages = [...globSync('docs/*.md', { cwd: root }), '.github/SECURITY.md'];
const security = read('docs/security.md');

/** As GitHub makes them. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );

test.each(pages)('%s links to what is there', (page) => {
  const text = read(page);
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !link.includes('://'));
  for (const link of links) {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? join(root, page) : join(root, dirname(page), file);
    expect(existsSync(target), link).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(readFileSync(target, 'utf8')), link).toContain(anchor);
  }
});

test('every test that the security page names exists, and so does every proof', () => {
  const files = [...security.matchAll(/`((?:apps|packages|test|deploy)\/[\w./-]+|\.npmrc|package-lock\.json)`/g)];
  expect(files.length).toBeGreaterThan(25);
  for (const [, file = ''] of files) expect(existsSync(join(root, file)), file).toBe(true);
  const suites = read('test/proof/run.ts');
  const proofs = [...security.matchAll(/npm run proof -- ([a-z][a-z-]*)/g)].map(([, name = '']) => name);
  expect(proofs.length).toBeGreaterThan(10);
  for (const name of new Set(proofs)) expect(suites, name).toContain(`/${name}/${name}.ts`);
});

test('every secret that the product reads stands in the inventory of the security page', () => {
  const sources = globSync('{apps,packages}/*/src/**/*.ts', { cwd: root }).filter((path) => !/\.(test|slice)\.ts$/.test(path));
  const secrets = sources.flatMap((path) =>
    read(path)
      .split(/(?=\bname[:,] )/)
      .filter((part) => /secret: true/.test(part))
      .flatMap((part) => /^name: '([A-Z][A-Z_]+)'/.exec(part)?.[1] ?? []),
  );
  expect(secrets).toEqual(expect.arrayContaining(['TOLLGATE_TOKEN_PEPPER', 'TOLLGATE_SEALING_KEY', 'DATABASE_URL']));
  for (const name of secrets) expect(security).toContain(`\`${name}\``);
});
