/** Where to draw the data: two features are a plane already; more are seen in the plane in which they spread most. */
import type { Standardizer } from "@tendril/nn";
import { cat, Generator, randn, stack, type Tensor, zeros } from "@tendril/tensor";

/** A plane with coordinates u (to the right) and v (upwards), laid through the space of the features. */
export interface Plane {
  /** Names of u and v. */
  axes: [string, string];
  /** Share of the data's variance that the plane shows; 1 for one or two features. */
  share: number;
  /** Coordinates [N, 2] of standardized rows [N, features]. */
  project(x: Tensor): Tensor;
  /** The standardized rows [N, features] that lie in the plane at the coordinates [N, 2]. */
  lift(uv: Tensor): Tensor;
}

/**
 * Two features: u and v are the features as measured. One: v is 0. More: the two leading principal axes of the
 * standardized training rows x, in the plane through their mean.
 */
export function choosePlane(features: readonly string[], x: Tensor, standardizer: Standardizer): Plane {
  const [first = "", second = ""] = features;
  if (features.length > 2) {
    const { axes, share } = principalAxes(x);
    return {
      axes: ["1st principal axis", "2nd principal axis"],
      share,
      project: (rows) => rows.to("float64").matmul(axes, { transposeB: true }),
      lift: (uv) => uv.to("float64").matmul(axes).to(x.dtype),
    };
  }
  const { mean, std } = standardizer;
  const measured = (rows: Tensor): Tensor => rows.to("float64").mul(std).add(mean);
  const standardized = (uv: Tensor): Tensor => uv.to("float64").sub(mean).div(std).to(x.dtype);
  if (features.length === 2) return { axes: [first, second], share: 1, project: measured, lift: standardized };
  return {
    axes: [first, "(only one feature)"],
    share: 1,
    project: (rows) => cat([measured(rows), zeros([rows.shape[0] ?? 0, 1], { dtype: "float64" })], 1),
    lift: (uv) => standardized(uv.slice([], [0, 1])),
  };
}

/**
 * The two directions (unit rows of `axes`, [2, features]) in which x [N, features] spreads most, by power iteration: a
 * vector that is multiplied by the covariance again and again turns towards its leading eigenvector; the second one is
 * kept at right angles to the first. In float64; signs are fixed so that each axis' largest entry is positive.
 */
export function principalAxes(x: Tensor): { axes: Tensor; share: number } {
  const centred = x.to("float64").sub(x.to("float64").mean(0));
  const total = centred.square().sum().item();
  const spread = (v: Tensor): Tensor => centred.matmul(v).matmul(centred); // XᵀXv, without forming XᵀX
  const found: Tensor[] = [];
  const awayFromFound = (v: Tensor): Tensor => found.reduce((rest, axis) => rest.sub(axis.mul(axis.matmul(v))), v);

  for (const seed of ["first axis", "second axis"]) {
    const start = randn([x.shape[1] ?? 0], { generator: new Generator(seed), dtype: "float64" });
    let axis = unit(awayFromFound(start));
    for (let turn = 0, moving = true; moving && turn < 1000; turn++) {
      const next = awayFromFound(spread(axis));
      // Nothing spreads in any direction that is left: then every one of them is as good as another.
      if (length(next) <= 1e-12 * total) break;
      moving = 1 - Math.abs(unit(next).matmul(axis).item()) > 1e-15;
      axis = unit(next);
    }
    const largest = axis.abs().argmax().item();
    found.push(axis.mul(axis.slice(largest).sign()));
  }

  const axes = stack(found);
  const shown = centred.matmul(axes, { transposeB: true }).square().sum().item();
  return { axes, share: total === 0 ? 1 : shown / total };
}

function length(v: Tensor): number {
  return Math.sqrt(v.square().sum().item());
}

function unit(v: Tensor): Tensor {
  return v.div(length(v));
}
