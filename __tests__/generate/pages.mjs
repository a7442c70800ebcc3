import { readdirSync, readFileSync } from 'node:fs';

/** The pages of docs that have a generated table, by path. */
export function readPages(root) {
  const paths = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path.replaceAll('\\', '/')}`);
  const pages = paths.map((path) => [path, readFileSync(`${root}${path}`, 'utf8')]);
  return Object.fromEntries(pages.filter(([, text]) => text.includes('<!-- options: ')));
}
