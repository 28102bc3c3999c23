// Parameter groups: parameters with options of their own.
import { type Tensor, tensor } from "@tendril/tensor";
import { requireBetween } from "../check.ts";
import { type Kinds, settle } from "../options.ts";

/** What every optimizer takes, for all parameters or for a group. */
export interface OptimizerOptions {
  /** The learning rate at first; `optimizer.lr` and `group.lr` change it between steps. Default that of the optimizer. */
  lr?: number;
  /** λ of the L2 penalty λ/2·‖p‖², which adds λ·p to the gradient. Default 0. */
  weightDecay?: number;
  /** Whether to make the loss larger instead of smaller. Default false. */
  maximize?: boolean;
}

/** Parameters, or parameters with their names, as `model.namedParameters()` gives them. */
export type Params = Iterable<Tensor> | Iterable<readonly [name: string, parameter: Tensor]>;

/** Parameters to train, or groups of them with options of their own; what a group leaves out is as for all. */
export type Trainable<Options> = Params | Iterable<Options & { params: Params }>;

/** All options but `lr`: what does not change from step to step. */
export type Fixed<Options> = Readonly<Omit<Required<Options>, "lr">>;

/**
 * Parameters that are trained with the same options: one entry of `optimizer.paramGroups`.
 * @throws {ValueError} when `lr` is set to a negative number, an infinite one or NaN
 * @example
 * const [w, b] = [parameter(zeros([2, 3])), parameter(zeros([2]))];
 * const optimizer = new SGD([{ params: [w], weightDecay: 0.1 }, { params: [b] }], { lr: 0.5 });
 * optimizer.paramGroups.map(({ options }) => options.weightDecay) // [0.1, 0]
 */
export class ParamGroup<Options extends OptimizerOptions = OptimizerOptions> {
  /** The parameters, of any shapes. */
  readonly params: readonly Tensor[];
  /** The names of `params`; empty if they were given without. */
  readonly paramNames: readonly string[];
  /** All options but `lr`, with their defaults, frozen. */
  readonly options: Fixed<Options>;
  /** The learning rate from which schedules start: the one that the first of them found. */
  initialLr: number | undefined;
  /** @internal The learning rate as a step reads it: a tensor (0-d float64), so that no program keeps its value. */
  readonly rate: Tensor = tensor(0, { dtype: "float64" });
  readonly #op: string;

  /** @internal */
  constructor(op: string, params: readonly unknown[], { lr, ...options }: Required<Options>) {
    this.#op = op;
    this.params = params.map((p) => (isNamed(p) ? p[1] : p)) as Tensor[];
    this.paramNames = params.filter(isNamed).map(([name]) => name);
    this.options = Object.freeze(options);
    this.lr = lr as number;
  }

  /** The learning rate. Throws `ValueError` when set to a negative number, an infinite one or NaN. */
  get lr(): number {
    return this.rate.item();
  }
  set lr(value: number) {
    requireBetween(this.#op, "lr", value, 0);
    this.rate.assign(value);
  }
}

const isNamed = (x: unknown): x is [string, unknown] => Array.isArray(x) && x.length === 2 && typeof x[0] === "string";

/**
 * The defaults with what is given in their place, later ones first, frozen. Throws `ValueError` for an option that there
 * is not or that is of another kind, and for numbers that are negative, infinite or NaN: no optimizer takes them.
 */
export function withDefaults<Options extends object>(
  op: string,
  defaults: Required<Options>,
  ...given: Options[]
): Required<Options> {
  const kinds = Object.entries(defaults).map(([name, x]) => [name, typeof x === "object" ? "any" : typeof x]);
  const all: object = settle<Options, Options>(op, Object.fromEntries(kinds) as Kinds<Options>, defaults, given);
  for (const [name, value] of Object.entries(all)) if (typeof value === "number") requireBetween(op, name, value, 0);
  return all as Required<Options>;
}
