// The reference product of matrices.
import type { NDArray } from "../../primitive.ts";
import type { Kernel } from "./index.ts";
import { broadcastStrides, offsets } from "./offsets.ts";

/** C = A·B for batches of matrices, of which each may be read as its transpose. Sums are float64, those of integers int32. */
export const matmulKernel: Kernel = (out, [x, y], params) => {
  const [a, b] = [x, y] as [NDArray, NDArray];
  const [m, n] = out.shape.slice(-2) as [number, number];
  const batch = out.shape.slice(0, -2);
  const bases = (t: NDArray): Int32Array => {
    const own = t.shape.slice(0, -2);
    const matrix = (t.shape.at(-1) as number) * (t.shape.at(-2) as number);
    return offsets(
      batch,
      broadcastStrides(own, batch).map((s) => s * matrix),
    );
  };
  const basesA = bases(a);
  const basesB = bases(b);
  const k = a.shape.at(params.transposeA ? -2 : -1) as number;
  // Strides: from row to row of A; along the sum, in A and in B; from column to column of B.
  const [rowA, alongA] = params.transposeA ? [1, m] : [k, 1];
  const [alongB, columnB] = params.transposeB ? [1, k] : [n, 1];
  const row = new Float64Array(n);
  const [x0, y0, to] = [a.data, b.data, out.data];
  for (let p = 0; p < basesA.length; p++) {
    for (let i = 0; i < m; i++) {
      const startA = (basesA[p] as number) + i * rowA;
      const startB = basesB[p] as number;
      if (out.dtype === "int32") {
        // Wraps around as in C, where a double would lose low bits.
        for (let j = 0; j < n; j++) {
          let total = 0;
          const column = startB + j * columnB;
          for (let l = 0; l < k; l++) {
            total = (total + Math.imul(x0[startA + l * alongA] as number, y0[column + l * alongB] as number)) | 0;
          }
          row[j] = total;
        }
      } else if (alongB === 1) {
        // B is read as its transpose: its columns lie in one piece, so take dot products.
        for (let j = 0; j < n; j++) {
          let total = 0;
          const column = startB + j * columnB;
          for (let l = 0; l < k; l++) total += (x0[startA + l * alongA] as number) * (y0[column + l] as number);
          row[j] = total;
        }
      } else {
        // Else add up rows of B, which lie in one piece.
        row.fill(0);
        for (let l = 0; l < k; l++) {
          const scale = x0[startA + l * alongA] as number;
          const line = startB + l * alongB;
          for (let j = 0; j < n; j++) row[j] = (row[j] as number) + scale * (y0[line + j] as number);
        }
      }
      const at = (p * m + i) * n;
      for (let j = 0; j < n; j++) to[at + j] = row[j] as number;
    }
  }
};
