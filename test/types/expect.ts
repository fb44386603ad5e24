/** True where two types are the same, `any` and `unknown` told apart. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only where `T` is true: `type _ = Expect<Equal<typeof x, number>>`. */
export type Expect<T extends true> = T;
