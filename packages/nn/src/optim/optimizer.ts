// What all optimizers share: groups, state, steps.
import { describeValue, full, GradError, noGrad, Tensor, tensor, ValueError } from "@tendril/tensor";
import { isRecord, listOf, requireBetween } from "../check.ts";
import { checked } from "../options.ts";
import { checkState, entriesOf, requireFit, type Traits, traitOfTensor } from "../state.ts";
import { type Fixed, type OptimizerOptions, ParamGroup, type Trainable, withDefaults } from "./group.ts";

/** What is remembered of one parameter: how often it was updated (0-d float64), and running values of its shape. */
export type State<Always extends string = never, Sometimes extends string = never> = Record<"step" | Always, Tensor> &
  Partial<Record<Sometimes, Tensor>>;

/** What makes an optimizer: its options, what it remembers, and how it changes a parameter. */
export interface OptimizerRule<Options, S extends State = State> {
  /** Every option with its default. */
  defaults: Required<Options>;
  /** Throws for options out of range, beside negative numbers. */
  check?(op: string, options: Fixed<Options>): void;
  /** What the running values start from; `null` for one that the options do not need. */
  buffers(options: Fixed<Options>): Record<Exclude<keyof S, "step">, number | null>;
  /** Decays the weights p [...], and returns the gradient to go on with: [...]. Left out: g + λ·p. */
  decay?(p: Tensor, g: Tensor, lr: Tensor, weightDecay: number): Tensor;
  /** Assigns to `p`: [...], whose gradient is `g`, and to its state. `lr` and `state.step` (1 at first) are 0-d float64. */
  update(p: Tensor, g: Tensor, lr: Tensor, state: S, options: Fixed<Options>): void;
}

/**
 * An optimizer's memory: tensors by names such as `weight.expAvg`, or `0.expAvg` (of parameter 0) if the parameters were
 * given without names; and groups as JSON can hold them.
 */
export interface OptimizerState {
  /** Step counts and running values by name. */
  state: Record<string, Tensor>;
  /** Of each group the positions and names of its parameters, its options and its learning rates. */
  paramGroups: { params: number[]; paramNames?: string[]; lr: number; initialLr?: number; [option: string]: unknown }[];
}

/**
 * The base of optimizers: holds groups of parameters, and updates each parameter [...] that has a gradient by a rule.
 * `extends Optimizer` with an `OptimizerRule` makes another one.
 *
 * All that changes from step to step (learning rates, step counts, running averages) is tensors, made here and
 * changed by `assign`, so that a step does the same ops every time. The numbers among them are float64.
 * @throws {ValueError} when there are no parameters, one is not a tensor or given twice, or an option is unknown, of another
 *   kind or out of range
 * @throws {GradError} when a parameter is a computed tensor
 * @see https://pytorch.org/docs/stable/optim.html
 * @example
 * class SignSGD extends Optimizer<OptimizerOptions> {
 *   constructor(parameters: Params, options: OptimizerOptions = {}) {
 *     super(parameters, options, {
 *       defaults: { lr: 0.1, weightDecay: 0, maximize: false },
 *       buffers: () => ({}),
 *       update(p, g, lr) {
 *         p.assign(p.sub(g.sign().mul(lr)));
 *       },
 *     });
 *   }
 * }
 * const p = parameter(tensor([1, -2]));
 * const optimizer = new SignSGD([p]);
 * p.square().sum().backward();
 * optimizer.step();
 * p // tensor([ 0.9000, -1.9000], requiresGrad=true)
 */
export abstract class Optimizer<Options extends OptimizerOptions = OptimizerOptions> {
  /** The parameters by their options: one group, if no groups were given. */
  readonly paramGroups: readonly ParamGroup<Options>[];
  readonly #rule: OptimizerRule<Options>;
  readonly #state = new Map<Tensor, State>();
  /** The same by name. */
  readonly #tensors = new Map<string, Tensor>();

  constructor(
    /** What to train: parameters, with or without their names, or groups with options of their own. */
    trainable: Trainable<Options>,
    /** Options for all groups; what is left out is as in `rule.defaults`. */
    options: Options,
    /** How one parameter is updated. */
    rule: OptimizerRule<Options>,
  ) {
    const { name } = this.constructor;
    const items = listOf(name, "parameters", trainable);
    const groups = items.every((item) => isRecord(item) && "params" in item) ? items : [{ params: items }];
    this.paramGroups = (groups as (Options & { params: unknown })[]).map(({ params, ...own }, i) => {
      const all = withDefaults<Options>(name, rule.defaults, options, own as unknown as Options);
      return new ParamGroup<Options>(name, listOf(name, `params of group ${i}`, params), all);
    });
    for (const group of this.paramGroups) rule.check?.(name, group.options);
    checkParameters(name, this.parameters);
    const names = this.paramGroups.flatMap(({ paramNames }) => paramNames);
    checkNames(name, names, this.parameters.length);
    this.#rule = rule;
    for (const group of this.paramGroups) {
      const buffers = Object.entries<number | null>(rule.buffers(group.options));
      for (const p of group.params) {
        const state: Record<string, Tensor> & State = { step: tensor(0, { dtype: "float64" }) };
        for (const [name, start] of buffers) if (start !== null) state[name] = full(p.shape, start, { dtype: p.dtype });
        const owner = names[this.#state.size] ?? this.#state.size;
        for (const [name, x] of Object.entries(state)) this.#tensors.set(`${owner}.${name}`, x);
        this.#state.set(p, state);
      }
    }
  }

  /** The parameters of all groups, in order. */
  get parameters(): Tensor[] {
    return this.paramGroups.flatMap(({ params }) => params);
  }

  /**
   * The learning rate: of all groups when it is set, of the first when it is read.
   * @throws {ValueError} when it is set to a negative number, an infinite one or NaN
   */
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

  /**
   * The tensors that a step reads and writes beside parameters and gradients, by name: `optimizer.weight.expAvg`, as in
   * `stateDict` after the prefix, or `optimizer.0.expAvg` if the parameters were given without names; and the learning
   * rate `optimizer.lr` (0-d float64), of several groups `optimizer.lr.0` and so on. They are the tensors themselves, not
   * copies: they exist before the first step and stay the same, since a step assigns to them.
   */
  namedState(
    options: {
      /** What is put before each name. Default `"optimizer."`. */
      prefix?: string;
    } = {},
  ): Record<string, Tensor> {
    const { prefix = "optimizer." } = checked("namedState", options, { prefix: "string" });
    const several = this.paramGroups.length > 1;
    const rates = this.paramGroups.map(({ rate }, i): [string, Tensor] => [several ? `lr.${i}` : "lr", rate]);
    const all = [...this.#tensors, ...rates];
    return Object.fromEntries(all.map(([name, x]) => [prefix + name, x]));
  }

  /** A copy of all that training needs, beside the parameters, to go on: step counts, running values, options, rates. */
  stateDict(): OptimizerState {
    const { state, paramGroups } = this.#live();
    return { state: Object.fromEntries(Object.entries(state).map(([name, x]) => [name, x.clone()])), paramGroups };
  }

  /** The same with the tensors themselves. */
  #live(): OptimizerState {
    let index = 0;
    return {
      state: Object.fromEntries(this.#tensors),
      paramGroups: this.paramGroups.map(({ params, paramNames, options, lr, initialLr }) => {
        return {
          params: params.map(() => index++),
          ...(paramNames.length > 0 && { paramNames: [...paramNames] }),
          ...structuredClone(options),
          lr,
          ...(initialLr !== undefined && { initialLr }),
        };
      }),
    };
  }

  /**
   * Goes on from what `stateDict` gave: all of it or, when anything does not fit, nothing. Parameters are found by name
   * if both have names, in any order within their group, and otherwise by position.
   * @throws {ValueError} when groups, names, options (all but `lr`) or shapes are not those that this optimizer was made
   *   with, or a learning rate is negative, infinite or NaN
   */
  loadStateDict(dict: OptimizerState): void {
    const [here, there] = checkState(() => {
      const [own, given] = [this.#live(), checkedState(dict)];
      const byName = [own, given].every(({ paramGroups }) => paramGroups.some((group) => "paramNames" in group));
      const [here, there] = byName ? [own, given] : [numbered(own), numbered(given)];
      requireFit(traits(here), traits(there));
      for (const [i, { lr, initialLr = 0 }] of there.paramGroups.entries()) {
        requireBetween("loadStateDict", `paramGroups[${i}].lr`, lr, 0);
        requireBetween("loadStateDict", `paramGroups[${i}].initialLr`, initialLr, 0);
      }
      return [here, there];
    });
    for (const [name, x] of Object.entries(here.state)) x.assign(there.state[name] as Tensor);
    for (const [i, { lr, initialLr }] of there.paramGroups.entries()) {
      Object.assign(this.paramGroups[i] as ParamGroup, { lr, initialLr });
    }
  }
}

const penalize: NonNullable<OptimizerRule<OptimizerOptions>["decay"]> = (p, g, _lr, weightDecay) =>
  weightDecay === 0 ? g : g.add(p.mul(weightDecay));

/** A state of which only the form is known: throws unless it has tensors (or something) by name, and groups. */
function checkedState(dict: OptimizerState): OptimizerState {
  const { state, paramGroups } = Object.fromEntries(entriesOf(dict));
  if (isRecord(state) && Array.isArray(paramGroups) && paramGroups.every(isRecord)) return dict;
  const got = `${describeValue(state)} and ${describeValue(paramGroups)}`;
  throw new ValueError(`loadStateDict: state and paramGroups must be an object and an array of objects, got ${got}`);
}

/** The same state with the positions of parameters in place of their names: `weight.expAvg` becomes `0.expAvg`. */
function numbered({ state, paramGroups }: OptimizerState): OptimizerState {
  const names = paramGroups.flatMap(({ paramNames }) => paramNames ?? []);
  const rename = (key: string): string => {
    const dot = key.lastIndexOf(".");
    const i = names.indexOf(key.slice(0, dot));
    return i < 0 ? key : i + key.slice(dot);
  };
  return {
    state: Object.fromEntries(Object.entries(state).map(([key, x]) => [rename(key), x])),
    paramGroups: paramGroups.map(({ paramNames, ...group }) => group),
  };
}

/** All of a state that must agree, in words: every option but the learning rate, the shape of every tensor. */
function traits({ state, paramGroups }: OptimizerState): Traits {
  const words = (x: unknown): string => (Array.isArray(x) ? `the list ${JSON.stringify(x)}` : describeValue(x));
  const options = paramGroups.flatMap(({ lr, initialLr, ...fixed }, i) =>
    Object.entries(fixed).map(([name, value]): [string, string] => {
      const isSet = name === "paramNames" && Array.isArray(value);
      return [`paramGroups[${i}].${name}`, words(isSet ? [...value].sort() : value)];
    }),
  );
  return [...options, ...Object.entries(state).map(traitOfTensor)];
}

function checkNames(op: string, names: readonly string[], parameters: number): void {
  if (names.length > 0 && names.length < parameters) {
    throw new ValueError(`${op}: ${names.length} of ${parameters} parameters have names; name all of them or none`);
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new ValueError(`${op}: two parameters are named ${JSON.stringify(twice)}; give each a name of its own`);
  }
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
