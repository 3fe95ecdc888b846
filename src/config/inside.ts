type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** Settings as the code names them: `body_bytes` is `bodyBytes`, at every depth. */
export type Inside<T> = T extends readonly (infer Item)[]
  ? readonly Inside<Item>[]
  : T extends object
    ? { readonly [Name in keyof T as Name extends string ? CamelCase<Name> : never]: Inside<T[Name]> }
    : T;
