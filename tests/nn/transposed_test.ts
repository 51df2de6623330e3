import { assertEquals } from "@std/assert";
import { transposed } from "../../src/nn/transposed.ts";

Deno.test("transposed() turns matrices of any size, with factors of rows and places of columns", () => {
  for (const [rows, columns] of [[1, 1], [1, 5], [31, 2], [32, 3], [33, 1], [70, 65]]) {
    const values = Float32Array.from({ length: rows * columns }, (_, i) => i + 1);
    const factors = Array.from({ length: rows }, (_, row) => row % 3 - 1);
    const placeOf = (column: number) => columns - 1 - column;
    const plain = transposed(values, rows, columns);
    const changed = transposed(values, rows, columns, { factors, placeOf });
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        assertEquals(plain[c * rows + r], values[r * columns + c]);
        // A factor of -0 or 0 gives 0 of either sign.
        assertEquals(changed[placeOf(c) * rows + r] + 0, values[r * columns + c] * factors[r] + 0);
      }
    }
  }
});
