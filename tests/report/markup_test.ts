import { assertEquals, assertThrows } from "@std/assert";
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
