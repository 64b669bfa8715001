/**
 * Checks JSON that people send to the control paths: what is wrong is said with the path to it, and a misspelt key is
 * wrong.
 */

/** Reads a value at a path, or throws a `ShapeError`. */
export type Shape<A> = (value: unknown, path: string) => A

/** A value that is not what was asked for. */
export class ShapeError extends Error {
  override readonly name = "ShapeError"
}

const wrong = (path: string, expected: string): ShapeError =>
  new ShapeError(`${path === "" ? "The body" : path} must be ${expected}`)

export const string: Shape<string> = (value, path) => {
  if (typeof value !== "string") throw wrong(path, "a text")
  return value
}

export const number: Shape<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrong(path, "a number")
  return value
}

export const integer: Shape<number> = (value, path) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw wrong(path, "a whole number")
  return value
}

export const boolean: Shape<boolean> = (value, path) => {
  if (typeof value !== "boolean") throw wrong(path, "true or false")
  return value
}

export const literal =
  <const A extends string>(...choices: ReadonlyArray<A>): Shape<A> =>
  (value, path) => {
    const found = choices.find((choice) => choice === value)
    if (found === undefined) throw wrong(path, `one of ${choices.join(", ")}`)
    return found
  }

export const nullable =
  <A>(shape: Shape<A>): Shape<A | null> =>
  (value, path) =>
    value === null ? null : shape(value, path)

export const list =
  <A>(item: Shape<A>): Shape<ReadonlyArray<A>> =>
  (value, path) => {
    if (!Array.isArray(value)) throw wrong(path, "a list")
    return value.map((entry: unknown, at) => item(entry, `${path}[${at}]`))
  }

export const record =
  <A>(item: Shape<A>): Shape<Readonly<Record<string, A>>> =>
  (value, path) =>
    Object.fromEntries(Object.entries(objectAt(value, path)).map(([key, entry]) => [key, item(entry, join(path, key))]))

type Fields = Readonly<Record<string, Shape<unknown>>>
type Values<F extends Fields> = { readonly [K in keyof F]: F[K] extends Shape<infer A> ? A : never }

/** An object with these keys and, maybe, those. */
export const object =
  <R extends Fields, O extends Fields>(required: R, optional: O): Shape<Values<R> & Partial<Values<O>>> =>
  (value, path) => {
    const entries = objectAt(value, path)
    for (const key of Object.keys(entries)) {
      if (!(key in required) && !(key in optional)) throw new ShapeError(`${join(path, key)} is not known here`)
    }
    const read: Record<string, unknown> = {}
    for (const [key, shape] of Object.entries(required)) {
      if (!(key in entries)) throw new ShapeError(`${join(path, key)} is missing`)
      read[key] = shape(entries[key], join(path, key))
    }
    for (const [key, shape] of Object.entries(optional)) {
      if (entries[key] !== undefined) read[key] = shape(entries[key], join(path, key))
    }
    return read as Values<R> & Partial<Values<O>>
  }

const objectAt = (value: unknown, path: string): Readonly<Record<string, unknown>> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(path, "an object")
  return value as Readonly<Record<string, unknown>>
}

const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`)
