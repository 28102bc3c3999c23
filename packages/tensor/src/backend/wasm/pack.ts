// Packs matrices into panels, which hold their entries in the order in which products read them.
import { type Code, code, type Func, i32, type Local, shuffle } from "./assembler/code.ts";
import { call, func, upTo, when } from "./assembler/control.ts";
import { load, loadLane, store } from "./assembler/memory.ts";

/** Packs one panel of `width` rows at the edge, number by number: the matrix has `count` of them, the rest is 0. */
export function packEdge(name: string): Func {
  return func(name, ["i32", "i32", "i32", "i32", "i32", "i32", "i32"], null, (params, local) => {
    const [to, from, count, k, across, along, width] = params;
    const [i, l, at] = [local("i32"), local("i32"), local("i32")];
    const place = i32.add(to, i32.mul(i, 4));
    const entry = [store("f32.store", place, load("f32.load", at)), at.set(i32.add(at, across))];
    return [
      upTo(l, k, 1, [
        ...[i.set(0), upTo(i, width, 4, [store("v128.store", place, code("f32x4", 0))])],
        ...[i.set(0), at.set(from), upTo(i, count, 1, entry)],
        to.set(i32.add(to, i32.mul(width, 4))),
        from.set(i32.add(from, along)),
      ]),
    ];
  });
}

/**
 * Copies a matrix of `count` rows, `k` long, into panels of `width` rows, in which the first entries of all rows come
 * first, then the second ones. `across` and `along` say how far apart rows and entries are, in bytes; one of them is 4.
 */
export function pack(name: string, width: number, edge: Func): Func {
  return func(name, ["i32", "i32", "i32", "i32", "i32", "i32"], null, (params, local) => {
    const [to, from, count, k, across, along] = params;
    const [p, l, at, next] = [local("i32"), local("i32"), local("i32"), local("i32")];
    const groups = Array.from({ length: width / 4 }, (_, g) => g);
    const copyRow = [
      ...groups.map((g) => store("v128.store", to, load("v128.load", at, 16 * g), 16 * g)),
      at.set(i32.add(at, along)),
      to.set(i32.add(to, 4 * width)),
    ];
    const quad = Array.from({ length: 4 }, () => local("v128")) as [Local, Local, Local, Local];
    const turn = groups.flatMap((g) => [
      ...quad.flatMap((v) => [v.set(load("v128.load", next)), next.set(i32.add(next, across))]),
      ...transposed(quad).map((v, i) => store("v128.store", to, v, 4 * (i * width + 4 * g))),
    ]);
    const quads = [next.set(at), ...turn, to.set(i32.add(to, 16 * width)), at.set(i32.add(at, 16))];
    const tooFar = i32.and(i32.sub(0, k), 3); // the last quad packs too many steps: the next panel overwrites them
    return [
      upTo(p, count, width, [
        at.set(from),
        l.set(0),
        when(
          i32.lt_u(i32.sub(count, p), width),
          [call(edge, to, at, i32.sub(count, p), k, across, along, width)],
          [
            when(
              i32.eq(across, 4),
              [upTo(l, k, 1, copyRow)],
              [upTo(l, k, 4, quads), to.set(i32.sub(to, i32.mul(tooFar, 4 * width)))],
            ),
          ],
        ),
        from.set(i32.add(from, i32.mul(across, width))),
      ]),
    ];
  });
}

/**
 * The same by tables: entry l of row r is `across[r]` + `along[l]` bytes from `from`. The last panel is packed whole,
 * too: its rows beyond the last one are never read.
 */
export function packByTables(name: string, width: number): Func {
  return func(name, ["i32", "i32", "i32", "i32", "i32", "i32"], null, (params, local) => {
    const [to, from, count, k, across, along] = params;
    const [p, l, at, x] = [local("i32"), local("i32"), local("i32"), local("v128")];
    const quads = Array.from({ length: width / 4 }, (_, g) => ({
      rows: Array.from({ length: 4 }, (_, i) => ({ start: local("i32"), entry: 4 * (4 * g + i) })),
      isRun: local("i32"),
      out: 16 * g,
    }));
    const setUp = quads.flatMap(({ rows, isRun }) => {
      const [first, ...others] = rows.map(({ start }) => start) as [Local, ...Local[]];
      const follows = others.map((start, i) => i32.eq(i32.sub(start, first), 4 * (i + 1)));
      return [
        ...rows.map(({ start, entry }) => start.set(i32.add(from, load("i32.load", across, entry)))),
        isRun.set(follows.reduce((all, one) => i32.and(all, one))),
      ];
    });
    const copies = quads.flatMap(({ rows, isRun, out }) => {
      const [first, ...others] = rows.map(({ start }) => i32.add(start, at)) as [Code, ...Code[]];
      const oneByOne = others.map((place, i) => x.set(loadLane(place, x, i + 1)));
      const run = [x.set(load("v128.load", first))];
      return [
        when(isRun, run, [x.set(load("v128.load32_splat", first)), ...oneByOne]),
        store("v128.store", to, x, out),
      ];
    });
    const turn = [at.set(load("i32.load", i32.add(along, i32.mul(l, 4)))), ...copies, to.set(i32.add(to, 4 * width))];
    return [upTo(p, count, width, [...setUp, l.set(0), upTo(l, k, 1, turn), across.set(i32.add(across, 4 * width))])];
  });
}

/** The columns of four rows of four. */
function transposed([a, b, c, d]: readonly [Local, Local, Local, Local]): Code[] {
  const [low, high] = [shuffle(a, b, 0, 4, 1, 5), shuffle(c, d, 0, 4, 1, 5)]; // a0 b0 a1 b1, c0 d0 c1 d1
  const [lower, higher] = [shuffle(a, b, 2, 6, 3, 7), shuffle(c, d, 2, 6, 3, 7)];
  return [
    shuffle(low, high, 0, 1, 4, 5),
    shuffle(low, high, 2, 3, 6, 7),
    shuffle(lower, higher, 0, 1, 4, 5),
    shuffle(lower, higher, 2, 3, 6, 7),
  ];
}
