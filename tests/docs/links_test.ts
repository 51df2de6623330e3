/** The links of the pages: to files that are there, and to headings that these have. */

import { assertEquals } from "@std/assert";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

function* pages(folder = root): Generator<string> {
  for (const { name } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (folder === root && !/^(docs|.*\.md)$/.test(name)) continue;
    if (statSync(path).isDirectory()) yield* pages(path);
    else if (name.endsWith(".md")) yield path;
  }
}

/** Code is no place for links. */
function prose(text: string): string {
  return text.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, "");
}

/** Names that a code host gives to the headings of a page: the second of a name gets -1. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, title] of text.replace(/^```.*?^```/gms, "").matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const name = plain.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replace(/ /g, "-");
    const count = seen.get(name) ?? 0;
    seen.set(name, count + 1);
    anchors.add(count === 0 ? name : `${name}-${count}`);
  }
  return anchors;
}

/** What is wrong with the links of a page, in words. */
function brokenLinks(page: string): string[] {
  const text = readFileSync(page, "utf8");
  const links = prose(text).matchAll(/!?\[[^\]]*\]\(([^)\s]+)(?: "[^"]*")?\)/g);
  return [...links].flatMap(([, target]) => {
    if (/^(https?|mailto):/.test(target)) return [];
    const [path, anchor] = target.split("#");
    const file = path === "" ? page : join(dirname(page), decodeURIComponent(path));
    const place = `${relative(root, page)}: ${target}`;
    if (!existsSync(file)) return [`${place}: no such file`];
    // In another spelling it would be there on some systems alone.
    if (
      path !== "" &&
      !readdirSync(dirname(file)).includes(file.split(/[/\\]/).filter(Boolean).at(-1)!)
    ) {
      return [`${place}: another spelling`];
    }
    if (anchor === undefined || !file.endsWith(".md")) return [];
    const known = anchorsOf(readFileSync(file, "utf8")).has(anchor);
    return known ? [] : [`${place}: no such heading`];
  });
}

Deno.test("anchorsOf() names headings as code hosts do", () => {
  const text = "# One, *two* & `three`\n## A [link](x.md)\n```sh\n# no heading\n```\n## A link\n";
  assertEquals([...anchorsOf(text)], ["one-two--three", "a-link", "a-link-1"]);
});

Deno.test("brokenLinks() finds a file, a spelling and a heading that are not there", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const page = join(folder, "page.md");
    Deno.writeTextFileSync(join(folder, "Other.md"), "# Here\n");
    Deno.writeTextFileSync(
      page,
      "# Top\n[a](Other.md#here) [b](#top) [c](https://x.org/#y) `[d](none.md)`\n" +
        "[e](none.md) [f](Other.md#there) [g](#bottom)\n![h](pic.png)\n",
    );
    const found = brokenLinks(page).map((text) => text.replace(/^.*?page\.md: /, ""));
    assertEquals(found, [
      ...["none.md: no such file", "Other.md#there: no such heading", "#bottom: no such heading"],
      "pic.png: no such file",
    ]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("every link of the pages leads to a file and a heading", () => {
  assertEquals([...pages()].flatMap(brokenLinks), []);
});

Deno.test("every page is reached from README.md by links", () => {
  const reached = new Set<string>();
  const visit = (page: string) => {
    if (reached.has(page)) return;
    reached.add(page);
    for (const [, path] of prose(readFileSync(page, "utf8")).matchAll(/\]\(([^)#\s:]+\.md)/g)) {
      visit(join(dirname(page), path));
    }
  };
  visit(join(root, "README.md"));
  const lost = [...pages()].filter((page) => !reached.has(page)).map((page) =>
    relative(root, page)
  );
  assertEquals(lost, []);
});

Deno.test("docs/README.md names every page, those of the methods by their table", () => {
  const index = readFileSync(join(root, "docs", "README.md"), "utf8");
  const others = [...pages(join(root, "docs"))].map((page) =>
    relative(join(root, "docs"), page).replaceAll("\\", "/")
  ).filter((name) => name !== "README.md" && !name.startsWith("methods/"));
  assertEquals(others.filter((name) => !index.includes(`](${name})`)), []);
});
