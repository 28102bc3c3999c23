import { broadcastPattern } from "../../backend/broadcast.ts";
import { sizeOf } from "../../shape.ts";
import { formulaOf } from "../code/formulas.ts";
import { hasAccumulator } from "../code/lanes.ts";
import type { Op, Ref, Value } from "../graph.ts";

// Which ops fit one loop. A loop runs over rows and columns of elements; what it computes lies in one of these places:

/** One for each element, for each row, for each column, or one alone. */
export type Place = "full" | "column" | "row" | "one";

/** How an op takes part in a loop. */
export interface Item {
  readonly op: Op;
  /** Lane by lane; a reduction of each row, of each column or of all; an entry of each row; a row with a one. */
  readonly kind: "lanewise" | "reduceColumns" | "reduceRows" | "reduceAll" | "pick" | "oneHot";
  readonly operands: readonly Place[];
  /** Where the result lies; what is only there after the last row is for others. */
  readonly place: Place;
  /** The pass over the row's columns in which it is computed; a column's entry is computed before that pass. */
  readonly pass: number;
}

/** Where an item's value lies, and from which pass on it is known. */
interface Known {
  readonly place: Place;
  readonly from: number;
  readonly after: boolean;
}

/** A loop that is being filled with ops. */
export class Loop {
  readonly items: Item[] = [];
  readonly #known = new Map<Value, Known>();
  readonly size: number;
  /** How many elements a row has; `null` while any number will do. */
  #columns: number | null = null;

  /** A loop over as many elements as `op`, the first one, has or reads. */
  constructor(op: Op) {
    this.size = op.inputs.reduce((most, { shape }) => Math.max(most, sizeOf(shape)), sizeOf(op.out.type.shape));
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
    const after = item.kind === "reduceRows" || item.kind === "reduceAll";
    this.#known.set(op.out, { place: item.place, from: item.pass + Number(item.kind === "reduceColumns"), after });
    return true;
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
        return this.#lanewise(op);
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

  /** Where an operand of an op with an element for each of the loop's lies; `undefined` where the loop cannot read it. */
  #besideFull(ref: Ref, out: Value): Place | undefined {
    const own = this.#known.get(ref.value);
    const size = sizeOf(ref.shape);
    if (own?.after) return undefined;
    if (size === this.size && (own?.place === "full" || (own === undefined && size > 1))) return "full";
    if (size === 1) return "one";
    const form = broadcastPattern(ref.shape, size, out.type.shape, this.size);
    if (form === null) return undefined;
    const place = form.period > 0 ? "row" : "column";
    if (!this.#sets(form.period || form.repeat)) return undefined;
    return own === undefined || own.place === place ? place : undefined;
  }

  /** The same for an op with an element for each row. */
  #besideColumn(ref: Ref): Place | undefined {
    const own = this.#known.get(ref.value);
    if (own?.after || own?.place === "full") return undefined;
    const size = sizeOf(ref.shape);
    if (size === 1 && own === undefined) return "one";
    return size === this.rows ? "column" : undefined;
  }

  #lanewise(op: Op): Item | undefined {
    const size = sizeOf(op.out.type.shape);
    if (formulaOf(op) === undefined) return undefined;
    const pass = this.#from(op.inputs);
    if (size === this.size) {
      const operands = op.inputs.map((ref) => this.#besideFull(ref, op.out));
      if (isComplete(operands)) return { op, kind: "lanewise", operands, place: "full", pass };
    }
    if (this.#columns === null || size !== this.rows) return undefined;
    const operands = op.inputs.map((ref) => this.#besideColumn(ref));
    return isComplete(operands) ? { op, kind: "lanewise", operands, place: "column", pass } : undefined;
  }

  #reduction(op: Op): Item | undefined {
    const { name } = op.primitive;
    const input = op.inputs[0] as Ref;
    const own = this.#known.get(input.value);
    const { shape, dtype } = input;
    const isFloat = dtype === "float32";
    if (own?.after || !hasAccumulator(op) || dtype === "float64" || (name !== "sum" && !isFloat)) return undefined;
    const dims = op.params.dims as readonly number[];
    const [first = 0, last = -1] = [dims[0], dims.at(-1)];
    if (last - first + 1 !== dims.length) return undefined;
    const pass = this.#from([input]);
    const leading = first === 0;
    const trailing = last === shape.length - 1;
    const ofAll = leading && trailing && !name.startsWith("arg");
    if (own?.place === "column") {
      return ofAll ? { op, kind: "reduceAll", operands: ["column"], place: "one", pass } : undefined;
    }
    const size = sizeOf(shape);
    if (size !== this.size) return undefined;
    const operands: readonly Place[] = ["full"];
    if (leading && trailing && (shape.length > 1 || this.columns !== size)) {
      return ofAll ? { op, kind: "reduceAll", operands, place: "one", pass } : undefined;
    }
    if (trailing && this.#sets(sizeOf(shape.slice(first)))) {
      return { op, kind: "reduceColumns", operands, place: "column", pass };
    }
    if (leading && name === "sum" && isFloat && this.#sets(sizeOf(shape.slice(last + 1)))) {
      return { op, kind: "reduceRows", operands, place: "row", pass };
    }
    return undefined;
  }

  /** x[i, index[i]] for each row. */
  #pick(op: Op): Item | undefined {
    const [x, index] = op.inputs as readonly [Ref, Ref];
    const own = this.#known.get(x.value);
    if (x.shape.length !== 2 || op.params.dim !== 1 || index.shape[1] !== 1) return undefined;
    if (x.dtype === "bool" || x.dtype === "float64" || (own !== undefined && own.place !== "full")) return undefined;
    if (!this.#sets(x.shape[1] as number) || this.#besideColumn(index) !== "column") return undefined;
    const pass = Math.max(own === undefined ? 0 : own.from + 1, this.#from([index]));
    return { op, kind: "pick", operands: ["full", "column"], place: "column", pass };
  }

  #oneHot(op: Op): Item | undefined {
    const index = op.inputs[0] as Ref;
    const { dtype, shape } = op.out.type;
    if (sizeOf(shape) !== this.size || (dtype !== "float32" && dtype !== "int32")) return undefined;
    if (!this.#sets(shape.at(-1) as number) || this.#besideColumn(index) === undefined) return undefined;
    return {
      op,
      kind: "oneHot",
      operands: [this.#besideColumn(index) as Place],
      place: "full",
      pass: this.#from([index]),
    };
  }
}

const isComplete = <T>(all: readonly (T | undefined)[]): all is readonly T[] => all.every((x) => x !== undefined);
