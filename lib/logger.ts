/** The part of pino's interface that the gateway uses; `console` wrapped in four functions will do as well. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

function ignore(): void {}

/** Says nothing: the default. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Keeps a logger that throws from harming a request. */
export function guardLogger(logger: Logger): Logger {
  function guarded(level: keyof Logger): Logger[keyof Logger] {
    return function log(fields, message) {
      try {
        const result: unknown = logger[level](fields, message);
        if (result instanceof Promise) result.catch(ignore);
      } catch {
        // A broken logger has nowhere to report itself.
      }
    };
  }
  return { debug: guarded('debug'), info: guarded('info'), warn: guarded('warn'), error: guarded('error') };
}
