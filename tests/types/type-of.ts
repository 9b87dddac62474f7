/** True only when both types are the same: `any`, unions and optional members count. */
type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `typeOf(expression).is<Expected>()` compiles only when the expression has exactly that type. */
export declare function typeOf<const Actual>(value: Actual): {
  is<Expected>(...proof: Equal<Actual, Expected> extends true ? [] : [typesDiffer: never]): void;
};

// The helper itself can fail.
typeOf(String(1)).is<string>();
typeOf("text").is<"text">();
// @ts-expect-error a string is no number
typeOf(String(1)).is<number>();
// @ts-expect-error any is not whatever one hopes for
typeOf(JSON.parse("1")).is<number>();
// @ts-expect-error a union is not one of its members
typeOf(["text"].at(0)).is<string>();
