/** Leading right singular vectors of a matrix, by Jacobi's rotations of its Gram matrix. */

type Rows = Float64Array[];

/** Rotations change nothing more below this part of the diagonal. */
const SETTLED = 1e-12;

/**
 * samples [M, V] -> [count, V]: the right singular vectors of the largest singular values, each
 * times its value. Beyond the rank they are zero. The largest entry of each is positive.
 */
export function leadingDirections(samples: Rows, count: number): Rows {
  const V = samples[0].length;
  const gram: Rows = Array.from({ length: V }, () => new Float64Array(V));
  for (const sample of samples) {
    for (let i = 0; i < V; i++) {
      const factor = sample[i];
      if (factor === 0) continue;
      const row = gram[i];
      for (let j = 0; j < V; j++) row[j] += factor * sample[j];
    }
  }
  const { values, vectors } = eigenOfSymmetric(gram);
  const order = [...values.keys()].sort((a, b) => values[b] - values[a]);
  return Array.from({ length: count }, (_, k) => {
    if (k >= V) return new Float64Array(V);
    const vector = vectors[order[k]];
    const largest = vector.reduce((top, x) => Math.abs(x) > Math.abs(top) ? x : top, 0);
    const length = Math.sign(largest) * Math.sqrt(Math.max(0, values[order[k]]));
    return vector.map((x) => x * length);
  });
}

/**
 * Cyclic Jacobi: a symmetric matrix, changed in place, to its eigenvalues and eigenvectors (rows).
 */
function eigenOfSymmetric(a: Rows): { values: Float64Array; vectors: Rows } {
  const n = a.length;
  const vectors = Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n);
    row[i] = 1;
    return row;
  });
  const scale = Math.max(...a.map((row, i) => Math.abs(row[i])));
  for (let sweep = 0; sweep < 50; sweep++) {
    let rotated = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p][q]) <= SETTLED * scale) continue;
        rotated = true;
        const tangent = tangentOf(a[p][p], a[q][q], a[p][q]);
        const c = 1 / Math.sqrt(1 + tangent * tangent), s = tangent * c;
        rotateRows(a[p], a[q], c, s);
        for (let r = 0; r < n; r++) {
          const x = a[r][p], y = a[r][q];
          a[r][p] = c * x - s * y;
          a[r][q] = s * x + c * y;
        }
        rotateRows(vectors[p], vectors[q], c, s);
      }
    }
    if (!rotated) break;
  }
  return { values: Float64Array.from(a, (row, i) => row[i]), vectors };
}

/** Of the angle that makes the entry between p and q zero. */
function tangentOf(pp: number, qq: number, pq: number): number {
  const theta = (qq - pp) / (2 * pq);
  return (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
}

function rotateRows(p: Float64Array, q: Float64Array, c: number, s: number): void {
  for (let i = 0; i < p.length; i++) {
    const x = p[i], y = q[i];
    p[i] = c * x - s * y;
    q[i] = s * x + c * y;
  }
}
