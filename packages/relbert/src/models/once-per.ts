/** A function that works an argument out once. */
export function oncePer<A extends object, R>(of: (argument: A) => R): (argument: A) => R {
  const results = new WeakMap<A, { readonly result: R }>();
  return (argument) => {
    const found = results.get(argument) ?? { result: of(argument) };
    results.set(argument, found);
    return found.result;
  };
}
