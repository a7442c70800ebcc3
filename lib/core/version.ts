/** The version of this package, as `package.json` has it; backends see it in the default `User-Agent`. */
export const VERSION = '0.1.0';

/** What the gateway calls itself towards backends. */
export const USER_AGENT = `express-tributary/${VERSION}`;
