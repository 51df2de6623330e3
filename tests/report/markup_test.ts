import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  element,
  escapeMarkup,
  fillTemplate,
  jsonForScript,
  Markup,
  markup,
} from "../../src/report/markup.ts";

Deno.test("escapeMarkup() leaves nothing that could end a text or an attribute", () => {
  assertEquals(
    escapeMarkup(`<b a="1" c='2'>&amp;`),
    "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;",
  );
});

Deno.test("escapeMarkup() replaces what XML cannot hold", () => {
  assertEquals(
    escapeMarkup("a\u0000b\u001bc\ud800d\uffffe\tf\n"),
    "a\ufffdb\ufffdc\ufffdd\ufffde\tf\n",
  );
});

Deno.test("markup() escapes values and keeps markup, lists and nothing", () => {
  const items = ["<1>", 2, null, undefined, false as const].map((value) =>
    value === null ? null : markup`<i>${value}</i>`
  );
  assertEquals(
    markup`<p title="${'"'}">${items}${null}${new Markup("<br>")}</p>`.text,
    `<p title="&quot;"><i>&lt;1&gt;</i><i>2</i><i></i><i></i><br></p>`,
  );
});

Deno.test("element() leaves out attributes without a value", () => {
  assertEquals(element("a", { b: "<", c: null, d: 0 }, "x").text, `<a b="&lt;" d="0">x</a>`);
});

/** Contrast of two colours, #rrggbb, as WCAG 2.2 has it. */
function contrast(a: string, b: string): number {
  const light = (colour: string) =>
    [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
      .reduce((sum, value, i) => sum + [0.2126, 0.7152, 0.0722][i] * value, 0);
  const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

Deno.test("ground truth and lines stand out from the page at 3 : 1 in both schemes, text at 4.5 : 1", () => {
  const css = Deno.readTextFileSync(new URL("../../src/report/page/page.css", import.meta.url));
  const [light, dark] = css.split("@media screen and (prefers-color-scheme: dark)");
  for (const scheme of [light, dark]) {
    const colour = (name: string) => scheme.match(new RegExp(`--${name}: (#[0-9a-f]{6});`))![1];
    for (
      const name of [
        "truth",
        "score",
        ...Array.from({ length: 7 }, (_, i) => `line-${i + 1}`),
      ]
    ) {
      assert(contrast(colour(name), colour("paper")) >= 3, name);
    }
    // The stripes and the bar over the shade of ground truth, and the score that runs through it.
    for (const name of ["truth", "score", "ink"]) {
      assert(contrast(colour(name), colour("shade")) >= 3, `${name} on the shade`);
    }
    for (const name of ["ink", "muted"]) {
      assert(contrast(colour(name), colour("paper")) >= 4.5, name);
    }
  }
});

Deno.test("jsonForScript() cannot end a script and reads back the same", () => {
  const value = { id: "</script><!-- <script>", line: "\u2028" };
  const text = jsonForScript(value);
  assertEquals(text.includes("<"), false);
  assertEquals(JSON.parse(text), value);
});

Deno.test("fillTemplate() takes parts as they are, also what looks like a mark or a pattern", () => {
  assertEquals(
    fillTemplate("<!-- a -->|<!-- b -->", { a: new Markup("$& $1"), b: new Markup("<!-- a -->") }),
    "$& $1|<!-- a -->",
  );
});

Deno.test("fillTemplate() throws for a mark without a part and a part without a mark", () => {
  assertThrows(() => fillTemplate("<!-- a -->", {}), Error, `"a" has no part`);
  assertThrows(() => fillTemplate("", { b: new Markup("") }), Error, `no mark "b"`);
});
