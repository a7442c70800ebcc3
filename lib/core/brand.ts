/**
 * Makes `instanceof` know the instances of a class by a mark that every copy of the package shares, so that what the CommonJS
 * build made is known to the ESM build as well. Returns the mark.
 */
export function brand(constructor: { readonly prototype: object; readonly name: string }): symbol {
  const mark = Symbol.for(`express-tributary.${constructor.name}`);
  Object.defineProperty(constructor.prototype, mark, { value: true });
  Object.defineProperty(constructor, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      // A class that a user derives has no mark of its own.
      if (this !== constructor) return Function.prototype[Symbol.hasInstance].call(this, value);
      return typeof value === 'object' && value !== null && mark in value;
    },
  });
  return mark;
}
