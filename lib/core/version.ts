/** The version of this package, as `package.json` has it; backends see it in the default `User-Agent`. */
export const VERSION = '0.1.0';
