import type { Logger } from '../../lib/logger.js';

export interface Line {
  readonly level: keyof Logger;
  readonly fields: object;
  readonly message: string;
}

/** A logger that keeps its lines. */
export function recordLogger(): { readonly logger: Logger; readonly lines: Line[] } {
  const lines: Line[] = [];
  function at(level: keyof Logger): Logger[keyof Logger] {
    return (fields, message) => {
      lines.push({ level, fields, message });
    };
  }
  return { logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }, lines };
}
