export interface Library {
  readonly schemas: Readonly<Record<string, unknown>>;
}
export function loadLibrary(load: (path: string) => Promise<object>): Promise<Library>;
export function readPages(root: string): Record<string, string>;
export function generate(library: Library, pages: Readonly<Record<string, string>>): Record<string, string>;
