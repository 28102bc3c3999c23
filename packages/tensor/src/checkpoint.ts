// checkpoint: forgets what a function computes on the way, and computes it again for the pass back.
import { detach, isGradEnabled, link, nextNode, withGrad } from "./bind.ts";
import { GradError } from "./errors.ts";
import { backprop, type Tape, toposort } from "./grad.ts";
import { checkFunction, describeValue } from "./options.ts";
import type { Vjp } from "./primitive.ts";
import { drawing } from "./random.ts";
import { recording } from "./recorder.ts";
import { Tensor } from "./tensor.ts";

/** What was computed for one pass back. */
interface Pass {
  readonly gradients: ReadonlyMap<Tensor, Tensor>;
  readonly recorded: boolean;
  readonly version: number;
  /** The last input that was served. */
  last: number;
}

/**
 * `f`, which remembers its inputs only: when a gradient is asked for, it runs once more. So a deep network of
 * checkpointed parts keeps the tensors between its parts, and during the pass back those within one part, for the price
 * of one more pass forward. Values and gradients, of any order and shape, are those of `f`, by its arguments and by all
 * that it closes over, such as weights. Random tensors that it draws are kept, and are the same ones again.
 *
 * `f` must do the same each time; what it does besides its result, such as to count its calls, it does twice. In a
 * compiled step it changes next to nothing: what is computed twice there is computed once.
 * @throws {GradError} when `f` returns no tensor, and in the pass back when it does not do what it did before
 * @throws {ValueError} when `f` is not a function
 * @example
 * const x = tensor(2, { requiresGrad: true });
 * checkpoint((x: Tensor) => x.exp().square())(x).backward();
 * x.grad // tensor(109.1963)
 * @see https://pytorch.org/docs/stable/checkpoint.html
 */
export function checkpoint<A extends unknown[]>(f: (...args: A) => Tensor): (...args: A) => Tensor {
  checkFunction("checkpoint", f);
  return (...args) => {
    const drawn: Tensor[] = [];
    const draws = drawing.by;
    const { output, targets } = run(
      () => f(...args),
      (draw) => drawn[drawn.push(draws(draw)) - 1] as Tensor,
    );
    if (!isGradEnabled() || targets.length === 0) return output;
    const value = detach(output);
    const passes = new WeakMap<Tensor, Pass>();
    // Backprop asks for each input by itself: one run serves them all. As a pass asks in order, an earlier one is another's.
    const rule: Vjp = (ct, inputs, _out, _params, i) => {
      const [recorded, { version }] = [isGradEnabled(), ct.storage];
      let pass = passes.get(ct);
      if (pass === undefined || pass.last >= i || pass.recorded !== recorded || pass.version !== version) {
        const tape = again(() => f(...args), { drawn, inputs, value });
        const cotangents = backprop(tape, ct);
        const gradients = new Map(tape.targets.map((x, k) => [x, cotangents[k] as Tensor]));
        pass = { gradients, recorded, version, last: i };
        passes.set(ct, pass);
      }
      pass.last = i;
      return pass.gradients.get(inputs[i] as Tensor) as Tensor;
    };
    return link(value, { name: "checkpoint", vjps: rule }, targets);
  };
}

/** Runs `f`, and goes back to what it used: leaves that require a gradient, and what was computed from such before. */
function run(f: () => Tensor, by: typeof drawing.by): Tape {
  const [before, since] = [drawing.by, nextNode()];
  drawing.by = by;
  try {
    const value: unknown = f();
    if (value instanceof Tensor) return toposort(value, (x) => (x.node === null ? x.requiresGrad : x.node.id < since));
    throw new GradError(`checkpoint: the function must return one tensor, got ${describeValue(value)}`);
  } finally {
    drawing.by = before;
  }
}

interface First {
  readonly drawn: readonly Tensor[];
  readonly inputs: readonly Tensor[];
  readonly value: Tensor;
}

/** The second run, which must be like the first. */
function again(f: () => Tensor, { drawn, inputs, value }: First): Tape {
  let next = 0;
  const replay = (): Tensor => drawn[next++] ?? differs("drew more random tensors");
  const tape = withGrad(true, () => run(f, replay));
  if (next < drawn.length) differs("drew fewer random tensors");
  if (tape.targets.length !== inputs.length || inputs.some((x) => !tape.indexOf.has(x))) differs("used other tensors");
  if (!sameValue(tape.output, value)) differs("gave another value");
  return tape;
}

function differs(what: string): never {
  const remedy = "it must do the same both times, and nothing that it reads may change in between";
  throw new GradError(`checkpoint: when the function was run again for the gradient, it ${what}; ${remedy}`);
}

/** Whether two tensors have the same bits, as far as they can be read: while a step is traced, there are none yet. */
function sameValue(a: Tensor, b: Tensor): boolean {
  if (a.dtype !== b.dtype || a.size !== b.size || recording.current !== null) return a.size === b.size;
  return a.data.every((x, i) => Object.is(x, b.data[i]));
}
