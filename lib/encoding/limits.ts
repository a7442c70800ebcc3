/** Documents nested deeper than this are refused: some of what handles them later is recursive. */
export const MAX_DEPTH = 128;

export const TOO_DEEP = 'it is nested deeper than 128 levels';
