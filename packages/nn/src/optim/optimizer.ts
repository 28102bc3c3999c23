// What all optimizers share: groups, state, steps.
import { describeValue, full, GradError, noGrad, Tensor, tensor, ValueError } from "@tendril/tensor";
import { isRecord, listOf, requireBetween } from "../check.ts";
import { checkState, entriesOf, requireFit, type Traits, traitOfTensor } from "../state.ts";
import { type Fixed, type OptimizerOptions, ParamGroup, type Trainable, withDefaults } from "./group.ts";

/** What is remembered of one parameter: how often it was updated (0-d float64), and running values of its shape. */
export type State<Always extends string = never, Sometimes extends string = never> = Record<"step" | Always, Tensor> &
  Partial<Record<Sometimes, Tensor>>;

/** What makes an optimizer: its options, what it remembers, and how it changes a parameter. */
export interface OptimizerRule<Options, S extends State = State> {
  defaults: Required<Options>;
  /** Throws for options out of range, beside negative numbers. */
  check?(op: string, options: Fixed<Options>): void;
  /** What the running values start from; `null` for one that the options do not need. */
  buffers(options: Fixed<Options>): Record<Exclude<keyof S, "step">, number | null>;
  /** Decays the weights: the gradient to go on with. Left out: g + λ·p. */
  decay?(p: Tensor, g: Tensor, lr: Tensor, weightDecay: number): Tensor;
  /** Assigns to `p`: [...], whose gradient is `g`, and to its state. `lr` and `state.step` (1 at first) are 0-d float64. */
  update(p: Tensor, g: Tensor, lr: Tensor, state: S, options: Fixed<Options>): void;
}

/** An optimizer's memory: tensors by names such as `0.expAvg` (of parameter 0), and groups as JSON can hold them. */
export interface OptimizerState {
  state: Record<string, Tensor>;
  paramGroups: { params: number[]; lr: number; initialLr?: number; [option: string]: unknown }[];
}

/**
 * The base of optimizers: holds groups of parameters, and updates each parameter that has a gradient by a rule.
 *
 * All that changes from step to step (learning rates, step counts, running averages) is tensors, made here and
 * changed by `assign`, so that a step does the same ops every time. The numbers among them are float64.
 * @see https://pytorch.org/docs/stable/optim.html
 */
export abstract class Optimizer<Options extends OptimizerOptions = OptimizerOptions> {
  /** The parameters by their options: one group, if no groups were given. */
  readonly paramGroups: readonly ParamGroup<Options>[];
  readonly #rule: OptimizerRule<Options>;
  readonly #state = new Map<Tensor, State>();
  /** The same by name. */
  readonly #tensors = new Map<string, Tensor>();

  /** Throws a typed error for parameters that it cannot train, and for options out of range. */
  constructor(trainable: Trainable<Options>, options: Options, rule: OptimizerRule<Options>) {
    const { name } = new.target;
    const items = listOf(name, "parameters", trainable);
    const groups = items.every((item) => isRecord(item) && "params" in item) ? items : [{ params: items }];
    this.paramGroups = (groups as (Options & { params: Iterable<Tensor> })[]).map(({ params, ...own }, i) => {
      const all = withDefaults<Options>(name, rule.defaults, options, own as unknown as Options);
      return new ParamGroup<Options>(name, listOf(name, `params of group ${i}`, params) as Tensor[], all);
    });
    for (const group of this.paramGroups) rule.check?.(name, group.options);
    checkParameters(name, this.parameters);
    this.#rule = rule;
    for (const group of this.paramGroups) {
      const buffers = Object.entries<number | null>(rule.buffers(group.options));
      for (const p of group.params) {
        const state: Record<string, Tensor> & State = { step: tensor(0, { dtype: "float64" }) };
        for (const [name, start] of buffers) if (start !== null) state[name] = full(p.shape, start, { dtype: p.dtype });
        for (const [name, x] of Object.entries(state)) this.#tensors.set(`${this.#state.size}.${name}`, x);
        this.#state.set(p, state);
      }
    }
  }

  /** The parameters of all groups, in order. */
  get parameters(): Tensor[] {
    return this.paramGroups.flatMap(({ params }) => params);
  }

  /** The learning rate: of all groups when it is set, of the first when it is read. Throws as `group.lr` does. */
  get lr(): number {
    return (this.paramGroups[0] as ParamGroup).lr;
  }
  set lr(value: number) {
    for (const group of this.paramGroups) group.lr = value;
  }

  /** Updates every parameter that has a gradient, in place. */
  step(): void {
    const { decay = penalize, update } = this.#rule;
    noGrad(() => {
      for (const { params, rate, options } of this.paramGroups) {
        const { maximize, weightDecay } = options as Fixed<OptimizerOptions>;
        for (const p of params) {
          if (p.grad === null) continue;
          const state = this.#state.get(p) as State;
          state.step.assign(state.step.add(1));
          const g = decay(p, maximize ? p.grad.neg() : p.grad, rate, weightDecay);
          update(p, g, rate, state, options);
        }
      }
    });
  }

  /** Forgets all gradients (sets them to `null`), as at the start of each step of training. */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) for (const p of params) p.grad = null;
  }

  /** A copy of what training on needs beside the parameters: step counts, running values, options, learning rates. */
  stateDict(): OptimizerState {
    let index = 0;
    return {
      state: Object.fromEntries([...this.#tensors].map(([name, x]) => [name, x.clone()])),
      paramGroups: this.paramGroups.map(({ params, options, lr, initialLr }) => {
        return {
          params: params.map(() => index++),
          ...structuredClone(options),
          lr,
          ...(initialLr !== undefined && { initialLr }),
        };
      }),
    };
  }

  /**
   * Goes on from what `stateDict` gave: all of it or, when anything does not fit, nothing. Throws `ValueError` where
   * groups, options (all but `lr`) or shapes are not those that this optimizer was made with, and for learning rates
   * that it would not take.
   */
  loadStateDict(dict: OptimizerState): void {
    checkState(() => {
      requireFit(traits(this.stateDict()), traits(dict));
      for (const [i, { lr, initialLr = 0 }] of dict.paramGroups.entries()) {
        requireBetween("loadStateDict", `paramGroups[${i}].lr`, lr, 0);
        requireBetween("loadStateDict", `paramGroups[${i}].initialLr`, initialLr, 0);
      }
    });
    for (const [name, x] of this.#tensors) x.assign(dict.state[name] as Tensor);
    for (const [i, { lr, initialLr }] of dict.paramGroups.entries()) {
      Object.assign(this.paramGroups[i] as ParamGroup, { lr, initialLr });
    }
  }
}

const penalize: NonNullable<OptimizerRule<OptimizerOptions>["decay"]> = (p, g, _lr, weightDecay) =>
  weightDecay === 0 ? g : g.add(p.mul(weightDecay));

/** All of a state that must agree, in words: every option but the learning rate, the shape of every tensor. */
function traits(dict: OptimizerState): Traits {
  const { state, paramGroups } = Object.fromEntries(entriesOf(dict));
  if (!isRecord(state) || !Array.isArray(paramGroups) || !paramGroups.every(isRecord)) {
    const got = `${describeValue(state)} and ${describeValue(paramGroups)}`;
    throw new ValueError(`loadStateDict: state and paramGroups must be an object and an array of objects, got ${got}`);
  }
  const words = (x: unknown): string => (typeof x === "object" && x !== null ? JSON.stringify(x) : describeValue(x));
  const options = paramGroups.flatMap(({ lr, initialLr, ...fixed }, i) =>
    Object.entries(fixed).map(([name, value]): [string, string] => [`paramGroups[${i}].${name}`, words(value)]),
  );
  return [...options, ...Object.entries(state).map(traitOfTensor)];
}

function checkParameters(op: string, parameters: readonly Tensor[]): void {
  if (parameters.length === 0) throw new ValueError(`${op}: no parameters to train; pass model.parameters()`);
  for (const [i, p] of parameters.entries()) {
    if (!(p instanceof Tensor)) {
      throw new ValueError(`${op}: parameter ${i} must be a tensor, got ${describeValue(p)}; pass model.parameters()`);
    }
    if (!p.isLeaf) throw new GradError(`${op}: parameter ${i} is a computed tensor; pass the leaves it comes from`);
    if (parameters.indexOf(p) !== i) throw new ValueError(`${op}: parameter ${i} is given twice; pass each once`);
  }
}
