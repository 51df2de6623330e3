/** The other order of a matrix, as weights are turned once when they are loaded. */

/**
 * Rows that are read side by side: each write then fills whole lines of the cache. Row by row, a
 * write touches a line of its own for each number, which took CLIP's weights five times as long.
 */
const ROWS_AT_ONCE = 32;

/**
 * [rows, columns] -> [columns, rows].
 *
 * @param options.factors what each row is multiplied by
 * @param options.placeOf where a column goes; absent: to its own number
 */
export function transposed(
  values: Float32Array,
  rows: number,
  columns: number,
  { factors, placeOf = (column) => column }: {
    factors?: ArrayLike<number>;
    placeOf?: (column: number) => number;
  } = {},
): Float32Array {
  const turned = new Float32Array(values.length);
  const places = Int32Array.from({ length: columns }, (_, column) => placeOf(column) * rows);
  for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
    const end = Math.min(rows, first + ROWS_AT_ONCE);
    for (let column = 0; column < columns; column++) {
      const to = places[column];
      for (let row = first, from = first * columns + column; row < end; row++, from += columns) {
        turned[to + row] = factors === undefined ? values[from] : values[from] * factors[row];
      }
    }
  }
  return turned;
}
