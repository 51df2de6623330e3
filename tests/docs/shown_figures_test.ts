import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { withBackboneSeconds, withFigures } from "../../docs/shown_figures.ts";
import { markdownTable } from "../../src/config/markdown_table.ts";
import { EMBEDDED } from "../../src/config/embedded.ts";

const docs = new URL("../../docs/", import.meta.url);
const figures = await Deno.readTextFile(new URL("performance.md", docs));

for (const method of Object.keys(EMBEDDED.runner)) {
  Deno.test(`docs/methods/${method}.md shows its figures; deno run -A docs/update.ts makes it`, async () => {
    const page = await Deno.readTextFile(new URL(`methods/${method}.md`, docs));
    assertStringIncludes(page, "a training step of [");
    assertEquals(withFigures(page, method, figures), page);
  });
}

Deno.test("withFigures() finds the method's row below each heading", () => {
  const columns =
    "wsvad median / best, s | PyTorch median / best, s | wsvad process | PyTorch process";
  const table = (row: string) => `\n| method | batch | ${columns} |\n| - | - |\n${row}\n`;
  const page =
    `### Training steps\n${
      table("| other | [1] | 9 | 9 | 9 | 9 |\n| mine | [2, 3] | 1 / 2 | 3 / 4 | 5 GB | 6 GB |")
    }` +
    `### Scoring a video\n${table("| other | - | 9 | 9 | 9 | 9 |")}`;
  const made = withFigures("<!-- figures -->\nold\n<!-- end of figures -->\n", "mine", page);
  assertStringIncludes(made, "| a training step of [2, 3], median / best | 1 / 2 s | 3 / 4 s |");
  assertStringIncludes(made, "| memory of that process                   | 5 GB    | 6 GB    |");
  assertEquals(made.includes("old") || made.includes("scores a video"), false);
  assertThrows(() => withFigures("", "mine", "## Other\n"), Error, 'no section "Training steps"');
});

Deno.test("docs/FEATURE_EXTRACTORS.md shows the seconds of backbones; docs/update.ts makes it", async () => {
  const page = await Deno.readTextFile(new URL("FEATURE_EXTRACTORS.md", docs));
  assertEquals(withBackboneSeconds(page, figures), page);
});

Deno.test("withBackboneSeconds() gives the seconds of a clip or a frame, and leaves other rows", () => {
  const measured = "### Backbones\n\ntext\n\n" +
    "| backbone | clips a run | wsvad median, s |\n| - | - | - |\n" +
    "| clip (ViT-B/16) | 16 frames | 3.51 |\n| c3d (Sports-1M) | 2 | 0.976 |\n\nmore\n";
  const page = (clip: string, c3d: string) =>
    `## Which one\n\n${
      markdownTable([
        ["backbone", "seconds"],
        ["`clip`", clip],
        ["`c3d`, `other`", c3d],
        ["`motion`", "decoding"],
      ])
    }\n\ntext\n`;
  assertEquals(withBackboneSeconds(page("", "9"), measured), page("0.22 a frame", "0.49"));
});
