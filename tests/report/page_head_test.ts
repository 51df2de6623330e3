import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { markup } from "../../src/report/markup.ts";
import { pageHead, pagePolicy } from "../../src/report/page_head.ts";

const pages = new URL("../../src/report/page/", import.meta.url);

Deno.test("pageHead() says what a page is called, how it looks and what it may load", () => {
  const styles = ["a{}", "b{}"], more = markup`<meta name="x">`;
  const { text } = pageHead({ title: "<b>", styles, more, loads: "video" });
  assertStringIncludes(text, "<title>&lt;b&gt;</title>");
  assertStringIncludes(text, "<style>\na{}\nb{}</style>");
  assertStringIncludes(text, '<meta name="x">');
  assertStringIncludes(text, `content="${pagePolicy("video")}"`);
  assertStringIncludes(pagePolicy("video"), "media-src data: file: 'self'");
  assert(!pagePolicy().includes("media-src"));
});

Deno.test("every page has the one head", () => {
  const whole = [...Deno.readDirSync(pages)].map(({ name }) => name)
    .filter((name) => name.endsWith(".html"))
    .map((name) => ({ name, text: Deno.readTextFileSync(new URL(name, pages)) }))
    .filter(({ text }) => text.includes("<!DOCTYPE"));
  assert(whole.length >= 6);
  for (const { name, text } of whole) {
    const [, head] = /<head>([^]*)<\/head>/.exec(text)!;
    assertEquals(head.trim(), "<!-- head -->", name);
  }
});
