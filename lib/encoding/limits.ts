/** Documents nested deeper than this are refused: some of what handles them later is recursive, and takes half the stack. */
export const MAX_DEPTH = 1_000;

export const TOO_DEEP = `it is nested deeper than ${MAX_DEPTH} levels`;

/** The package that reads YAML runs out of stack before 1,000 levels. */
export const MAX_YAML_DEPTH = 256;

export const YAML_TOO_DEEP = `it is nested deeper than ${MAX_YAML_DEPTH} levels`;

/** YAML takes several microseconds for each token, a hundred times what JSON takes: a longer text is refused. */
export const MAX_YAML_TOKENS = 250_000;

/** What all aliases of a YAML text together may expand to, in characters of scalars and one for each node. */
export const MAX_YAML_ALIASED = 2 ** 20;
