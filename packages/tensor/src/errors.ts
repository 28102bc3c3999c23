// The typed errors.
/** The base of every error this library throws on purpose: one line, with the op, the shapes and the remedy. */
export class TendrilError extends Error {
  override name = "TendrilError";
}

/** Shapes that do not fit the operation. */
export class ShapeError extends TendrilError {
  override name = "ShapeError";
}

/** A dtype that the operation does not take. */
export class DTypeError extends TendrilError {
  override name = "DTypeError";
}

/** A gradient that cannot be had: no graph, a changed tensor, a rule that returned the wrong shape. */
export class GradError extends TendrilError {
  override name = "GradError";
}

/** Something that cannot be part of a compiled program, such as reading a value while the program is being traced. */
export class TraceError extends TendrilError {
  override name = "TraceError";
}

/** An index or an axis outside its range. */
export class IndexError extends TendrilError {
  override name = "IndexError";
}

/** An argument of the right type whose value makes no sense here. */
export class ValueError extends TendrilError {
  override name = "ValueError";
}
