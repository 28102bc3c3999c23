/** The datasets that one can choose from. */
import { cat, Generator, rand, randn, stack, tensor } from "@tendril/tensor";
import { blobs, type Dataset, iris } from "../../../lesson/data.ts";

export const presets = ["blobs", "overlapping", "iris", "ring", "outlier"] as const;
export type PresetName = (typeof presets)[number];

/** What each is called in the menu, and what there is to see. */
export const aboutPresets: Record<PresetName, { title: string; look: string }> = {
  blobs: {
    title: "three blobs",
    look: "Press play: the lines turn until almost every point lies in the region of its class.",
  },
  overlapping: {
    title: "overlapping blobs",
    look: "No line is right about every point. The loss stops well above 0, and the regions fade softly into each other.",
  },
  iris: {
    title: "iris, two features",
    look: "150 flowers. One species stands apart; the other two touch. Choose other features and see which pairs tell them apart.",
  },
  ring: {
    title: "a ring",
    look: "No straight line parts a ring from its middle. Turn on the squares of the features: then a circle is a straight line.",
  },
  outlier: {
    title: "one outlier",
    look: "One birch lies far out among the cedars. Delete it and watch the lines: how much did one point count? Then choose MSE.",
  },
};

export function presetData(name: PresetName, draw: number): Dataset {
  if (name === "iris") return iris();
  if (name === "overlapping") return overlapping(draw);
  if (name === "ring") return ring(draw);
  if (name === "outlier") return outlier(draw);
  return blobs(draw);
}

/** The three blobs, drawn half as far apart. */
function overlapping(draw: number): Dataset {
  const { x, y, ...rest } = blobs(draw);
  const centres = stack([0, 1, 2].map((k) => x.slice([200 * k, 200 * (k + 1)]).mean(0)));
  const towardsMiddle = centres.mul(-0.55).gather(0, y.unsqueeze(1).to("int32").broadcastTo([600, 2]));
  return { ...rest, about: `three clouds that overlap, drawn from seed ${draw}`, x: x.add(towardsMiddle), y };
}

/** A disc in the middle of a ring. */
function ring(draw: number): Dataset {
  const generator = new Generator(`ring ${draw}`);
  const dtype = "float64";
  const count = 200;
  const angle = rand([count], { generator, dtype }).mul(2 * Math.PI);
  const radius = randn([count], { generator, dtype }).mul(0.3).add(3.2);
  const around = stack([angle.cos().mul(radius), angle.sin().mul(radius)], 1);
  const middle = randn([count, 2], { generator, dtype }).mul(0.7);
  const labels = Array.from({ length: 2 * count }, (_, i) => (i < count ? 0 : 1));
  return {
    about: `a disc inside a ring, drawn from seed ${draw}`,
    features: ["x1", "x2"],
    classes: ["alder", "birch"],
    x: cat([middle, around]),
    y: tensor(labels, { dtype: "int32" }),
  };
}

/** The first blobs with a tenth of their points, and one point far on the wrong side. */
function outlier(draw: number): Dataset {
  const { x, y, ...rest } = blobs(draw);
  const kept = tensor(
    Array.from({ length: 60 }, (_, i) => 10 * i),
    { dtype: "int32" },
  );
  return {
    ...rest,
    about: `three small clouds and one outlier, drawn from seed ${draw}`,
    x: cat([x.indexSelect(0, kept), tensor([[-1.5, 7.5]], { dtype: "float64" })]),
    y: cat([y.indexSelect(0, kept), tensor([1], { dtype: "int32" })]),
  };
}
