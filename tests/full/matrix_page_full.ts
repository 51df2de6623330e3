/** The page of a matrix in a real browser; ignored where none is found. */

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { renderMatrixPage } from "../../src/report/matrix_page.ts";
import { chromium, withPage } from "../report/chromium.ts";
import { sweptMatrix } from "../report/sample_matrix.ts";
import { withFolder } from "../support/temporary_folder.ts";

/** First cells of the rows of the first table. */
const NAMES = `[...document.querySelector("table.matrix").tBodies[0].rows]
  .map(({ cells: [first] }) => first.textContent)`;

Deno.test({
  name:
    "The page of a matrix shows all columns at 1400 px, keeps the method at 390 px, sorts and groups",
  ignore: chromium === null,
  fn: () =>
    withFolder((folder) =>
      withPage(async (page) => {
        const { matrix, details } = sweptMatrix();
        const path = join(folder, "matrix.html");
        await Deno.writeTextFile(path, renderMatrixPage(matrix, details));
        const url = pathToFileURL(path).href;
        for (const scheme of ["light", "dark"] as const) {
          await page.show(1400, 900, scheme);
          await page.open(url);
          const clipped = await page.evaluate<string[]>(
            `[...document.querySelectorAll(".scroll")]
              .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
              .map(({ ariaLabel }) => ariaLabel)`,
          );
          assertEquals(clipped, []);
          await page.show(390, 900, scheme);
          await page.open(url);
          const [wide, left, lines] = await page.evaluate<[number, number, number[]]>(
            `(() => {
              const scroll = document.querySelector(".scroll");
              scroll.scrollLeft = 1000;
              const head = scroll.querySelector("tbody th");
              const numbers = [...scroll.querySelectorAll("td[data-value]")];
              return [
                document.documentElement.scrollWidth,
                Math.round(head.getBoundingClientRect().left - scroll.getBoundingClientRect().left),
                numbers.map((cell) => {
                  const range = document.createRange();
                  range.selectNodeContents(cell);
                  const tops = [...range.getClientRects()].map(({ top }) => top);
                  return Math.max(...tops) - Math.min(...tops);
                }),
              ];
            })()`,
          );
          assertEquals([wide, left], [390, 0]);
          assert(lines.every((apart) => apart < 8), `pixels between lines: ${lines}`);
        }
        await page.show(1400, 900, "light");
        await page.open(url);
        const click = (i: number) =>
          page.evaluate<string[]>(
            `document.querySelectorAll("table.matrix th button")[${i}].click(); ${NAMES}`,
          );
        const down = await click(1);
        assertEquals(down[0], "rtfmrunner.optimizer.lr=1e-2");
        assertEquals(await click(1), down.toReversed());
        const groups = await page.evaluate<string[]>(
          `(() => {
            const select = document.querySelector("select");
            select.value = "runner.optimizer.lr";
            select.dispatchEvent(new Event("change"));
          })(); ${NAMES}`,
        );
        assertEquals(
          groups,
          ["1e-4", "1e-3", "1e-2"].flatMap((rate) => [
            `runner.optimizer.lr=${rate}`,
            `milrunner.optimizer.lr=${rate}`,
            `rtfmrunner.optimizer.lr=${rate}`,
          ]),
        );
        assertEquals(page.events.complaints, []);
      })
    ),
});
