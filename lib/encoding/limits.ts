/** Documents nested deeper than this are refused: some of what handles them later is recursive. */
export const MAX_DEPTH = 128;

export const TOO_DEEP = 'it is nested deeper than 128 levels';

/** YAML takes several microseconds for each token, a hundred times what JSON takes: a longer text is refused. */
export const MAX_YAML_TOKENS = 250_000;

/** What all aliases of a YAML text together may stand for, in characters of scalars and one for each node. */
export const MAX_YAML_ALIASED = 2 ** 20;
