export interface Fence {
  /** The word after the backticks. */
  readonly language: string;
  /** 1-based line of the first line of code. */
  readonly line: number;
  readonly code: string;
  /** What the block right after it says that it prints, if that is a `text` block. */
  readonly prints: string | undefined;
}

/** The code blocks of a Markdown text. */
export function fencesIn(markdown: string): Fence[] {
  const blocks = [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  return blocks.map((block, index) => {
    const [whole, language = '', code = ''] = block;
    const next = blocks[index + 1];
    const between = next && markdown.slice(block.index + whole.length, next.index);
    return {
      language,
      code,
      line: markdown.slice(0, block.index).split('\n').length + 1,
      prints: next?.[1] === 'text' && between?.trim() === '' ? next[2] : undefined,
    };
  });
}
