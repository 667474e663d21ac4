// The outcome of an operation whose failure is an ordinary answer: parsing, a rule of the guide, one vendor
// of a fan-out. What only the top can handle is thrown as GatewayError instead.

export type Result<T, E> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

/** A success. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** A failure that the caller is to look at. */
export function err<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}
