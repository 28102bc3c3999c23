// Which ops fit one loop, and how each of them reads its operands there.
import { broadcastMap, type IndexMap, isScalar, isWhole, mergeAxes, wholeMap } from "../../index-map.ts";
import { sizeOf } from "../../shape.ts";
import type { Op, Ref, Value } from "../graph.ts";
import { formulaOf, reducerFor } from "./forms.ts";

/** How many elements of a value a loop over rows has: one per element, per row, per column or in all; or in its own order. */
export type Place = "element" | "perRow" | "perColumn" | "scalar" | "elsewhere";

/** Where a loop finds an operand in memory: a map from its elements, or from its rows, with as few axes as there can be. */
export interface Operand {
  readonly of: "element" | "perRow";
  readonly map: IndexMap;
}

/** How an op takes part in a loop. */
export interface Item {
  readonly op: Op;
  /**
   * Element by element; a reduction of each row, of each column or of all; an entry of each row; a row with a one; elements
   * that are put, or added, to where a map says.
   */
  readonly kind: "elementwise" | "reduceEachRow" | "reduceEachColumn" | "reduceAll" | "pick" | "oneHot" | "put";
  readonly operands: readonly Operand[];
  /** Of elements that are put: where in the result, for each operand. */
  readonly targets?: readonly Operand[];
  /** Results per column or elsewhere, and scalars, exist only after the loop, so ops in it cannot read them. */
  readonly place: Place;
  /** The pass over the row's columns in which it is computed; a result per row is computed before that pass. */
  readonly pass: number;
}

/** Where an item's value lies, and from which pass on it is known. */
interface Known {
  readonly place: Place;
  readonly from: number;
}

/** A step with less work than this, in results of ops, is not worth being cut for threads. */
export const worthCutting: number = 2 ** 15;

/** How many parts a loop may join; more of them, whose code would be large, are joined by the kernel. */
const mostPuts = 64;

/** A loop that is being filled with ops. */
export class Loop {
  readonly items: Item[] = [];
  readonly #known = new Map<Value, Known>();
  readonly size: number;
  /** How many elements a row has; `null` while any number will do. */
  #columns: number | null = null;

  /** A loop over as many elements as `op`, the first one, has or, unless it moves them, reads. */
  constructor(op: Op) {
    const { kind, onto } = op.primitive;
    const read = kind === "movement" && onto === undefined ? [] : op.inputs;
    const written = onto === undefined ? sizeOf(op.out.type.shape) : 0;
    this.size = read.reduce((most, { shape }) => Math.max(most, sizeOf(shape)), written);
  }
  get columns(): number {
    return this.#columns ?? this.size;
  }
  get rows(): number {
    return this.size / this.columns;
  }

  /** Adds the op, if it fits: its operands must be known, its size must be that of the loop, of a row or of a column. */
  join(op: Op): boolean {
    if (sizeOf(op.out.type.shape) === 0) return false;
    const before = this.#columns;
    const item = this.#itemOf(op);
    if (item === undefined) {
      this.#columns = before;
      return false;
    }
    this.items.push(item);
    this.#known.set(op.out, { place: item.place, from: item.pass + Number(item.kind === "reduceEachRow") });
    return true;
  }

  /**
   * Moves elements to the latest pass that still serves all their uses, so that fewer rows are kept in memory between
   * passes; not those that are stored anyway, nor those whose move would only keep other rows for longer.
   */
  sink(kept: ReadonlySet<Value>): void {
    const last = new Map<Value, number>();
    for (let i = this.items.length - 1; i >= 0; i--) {
      const { op, kind, place, pass } = this.items[i] as Item;
      const isOwn = ({ value }: Ref): boolean => this.#known.get(value)?.place === "element";
      const sinks = place === "element" && !kept.has(op.out) && op.inputs.filter(isOwn).length <= 1;
      const later = sinks ? (last.get(op.out) ?? pass) : pass;
      this.items[i] = { ...(this.items[i] as Item), pass: later };
      // An entry of a row can be picked only after the whole row is computed.
      for (const { value } of op.inputs)
        last.set(value, Math.min(last.get(value) ?? later, kind === "pick" ? later - 1 : later));
    }
  }

  #itemOf(op: Op): Item | undefined {
    switch (op.primitive.kind) {
      case "reduction":
        return this.#reduction(op);
      case "gather":
        return this.#pick(op);
      case "one-hot":
        return this.#oneHot(op);
      default:
        return op.primitive.onto === undefined ? this.#elementwise(op) : this.#put(op);
    }
  }

  /** Whether rows may have this many columns; if so, they have from now on. */
  #sets(columns: number): boolean {
    this.#columns ??= columns;
    return this.#columns === columns;
  }

  /** The first pass in which all of these are known. */
  #from(refs: readonly Ref[]): number {
    return refs.reduce((last, { value }) => Math.max(last, this.#known.get(value)?.from ?? 0), 0);
  }

  /** How an op on elements reads an operand; `undefined` where the loop cannot. */
  #ofElement({ value, dtype }: Ref, elements: IndexMap): Operand | undefined {
    const own = this.#known.get(value)?.place;
    const [map] = mergeAxes([elements]) as [IndexMap];
    const { shape, strides } = map;
    const operand = { of: "element", map } as const;
    if (own === "element") return isWhole(map) ? operand : undefined;
    // Bools are bytes, which are only read one by one, or four that lie together.
    if (dtype === "bool" && strides.some((stride, i) => i === strides.length - 1 && stride !== 0 && stride !== 1))
      return;
    const last = shape.at(-1) ?? 1;
    if (strides.length > 1) {
      this.#columns ??= last;
      if (last % this.#columns !== 0) return undefined;
    }
    if (own === undefined) return operand;
    // A value per row is repeated along each row, of which there may be one, or which may have one element.
    const isRepeated = last === this.columns && strides[0] === 1 && strides[1] === 0 && strides.length === 2;
    const isColumn = isWhole(map) && (isScalar(map) ? this.rows === 1 : this.#sets(1));
    const isOne = strides.length <= 1 && isScalar(map) && this.rows === 1;
    return own === "perRow" && map.offset === 0 && (isRepeated || isColumn || isOne) ? operand : undefined;
  }

  /** How an op with a result per row reads an operand. */
  #ofRow({ value, shape }: Ref, rows: IndexMap = wholeMap(shape)): Operand | undefined {
    const own = this.#known.get(value)?.place;
    const [map] = mergeAxes([rows]) as [IndexMap];
    if (own !== undefined && (own !== "perRow" || !isWhole(map))) return undefined;
    return { of: "perRow", map };
  }

  #elementwise(op: Op): Item | undefined {
    const { primitive, params, out } = op;
    const { shape } = out.type;
    const size = sizeOf(shape);
    const fitsSize = size === this.size || (this.#columns !== null && size === this.rows);
    if (!fitsSize || formulaOf(op) === undefined) return undefined;
    const pass = this.#from(op.inputs);
    const mapOf = ({ shape: from, through }: Ref): IndexMap => {
      const map = through?.map ?? wholeMap(from);
      return primitive.map?.(map, params, shape) ?? broadcastMap(map, shape);
    };
    if (size === this.size) {
      const operands = op.inputs.map((ref) => this.#ofElement(ref, mapOf(ref)));
      if (isComplete(operands)) return { op, kind: "elementwise", operands, place: "element", pass };
    }
    if (this.#columns === null || size !== this.rows) return undefined;
    const operands = op.inputs.map((ref) => this.#ofRow(ref, mapOf(ref)));
    return isComplete(operands) ? { op, kind: "elementwise", operands, place: "perRow", pass } : undefined;
  }

  #reduction(op: Op): Item | undefined {
    const input = op.inputs[0] as Ref;
    const own = this.#known.get(input.value)?.place;
    const { shape } = input;
    const reducer = reducerFor(op);
    if (reducer === undefined) return undefined;
    const dims = op.params.dims as readonly number[];
    const [first = 0, last = -1] = [dims[0], dims.at(-1)];
    if (last - first + 1 !== dims.length) return undefined;
    const pass = this.#from([input]);
    const leading = first === 0;
    const trailing = last === shape.length - 1;
    const ofAll = leading && trailing && reducer.merges;
    if (own === "perRow") {
      const operands = [this.#ofRow(input)];
      return ofAll && isComplete(operands) ? { op, kind: "reduceAll", operands, place: "scalar", pass } : undefined;
    }
    const size = sizeOf(shape);
    const operands = [this.#ofElement(input, wholeMap(shape))];
    if (size !== this.size || !isComplete(operands)) return undefined;
    // A sum over a single row is a per-row value, which the next pass can read; a long row is cut, and its sum known only after the loop.
    const isRow = shape.length <= 1 && this.columns === size && (size < worthCutting || !ofAll);
    if (leading && trailing && !isRow) {
      return ofAll ? { op, kind: "reduceAll", operands, place: "scalar", pass } : undefined;
    }
    if (trailing && this.#sets(sizeOf(shape.slice(first)))) {
      return { op, kind: "reduceEachRow", operands, place: "perRow", pass };
    }
    if (leading && reducer.sumsColumns && this.#sets(sizeOf(shape.slice(last + 1)))) {
      return { op, kind: "reduceEachColumn", operands, place: "perColumn", pass };
    }
    return undefined;
  }

  /** x[i, index[i]] for each row. */
  #pick(op: Op): Item | undefined {
    const [x, index] = op.inputs as readonly [Ref, Ref];
    const own = this.#known.get(x.value);
    if (x.shape.length !== 2 || op.params.dim !== 1 || index.shape[1] !== 1) return undefined;
    if (x.dtype === "bool" || x.dtype === "float64" || (own !== undefined && own.place !== "element")) return undefined;
    if (!this.#sets(x.shape[1] as number) || sizeOf(index.shape) !== this.rows) return undefined;
    const operands = [this.#ofElement(x, wholeMap(x.shape)), this.#ofRow(index)];
    const pass = Math.max(own === undefined ? 0 : own.from + 1, this.#from([index]));
    return isComplete(operands) ? { op, kind: "pick", operands, place: "perRow", pass } : undefined;
  }

  /** Elements that are put to where maps say, of numbers that vectors have; all operands have as many. */
  #put(op: Op): Item | undefined {
    const { primitive, params, inputs, out } = op;
    const { shape, dtype } = out.type;
    if (dtype !== "float32" && dtype !== "int32") return undefined;
    if (inputs.some((x) => sizeOf(x.shape) !== this.size || x.dtype !== dtype)) return undefined;
    if (inputs.length > mostPuts) return undefined;
    const targetOf = (x: Ref, i: number): Operand | undefined =>
      this.#ofElement({ ...x, value: out }, primitive.onto?.(wholeMap(shape), params, inputs, i) as IndexMap);
    const targets = inputs.map(targetOf);
    const operands = inputs.map((x) => this.#ofElement(x, wholeMap(x.shape)));
    if (!isComplete(targets) || !isComplete(operands)) return undefined;
    return { op, kind: "put", operands, targets, place: "elsewhere", pass: this.#from(inputs) };
  }

  #oneHot(op: Op): Item | undefined {
    const index = op.inputs[0] as Ref;
    const { dtype, shape } = op.out.type;
    if (sizeOf(shape) !== this.size || (dtype !== "float32" && dtype !== "int32")) return undefined;
    if (!this.#sets(shape.at(-1) as number)) return undefined;
    const operands = [this.#ofRow(index)];
    const pass = this.#from([index]);
    return isComplete(operands) ? { op, kind: "oneHot", operands, place: "element", pass } : undefined;
  }
}

const isComplete = <T>(all: readonly (T | undefined)[]): all is readonly T[] => all.every((x) => x !== undefined);
