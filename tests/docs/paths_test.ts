import { assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

function pages(folder = "docs"): string[] {
  return [...Deno.readDirSync(`${root}${folder}`)].flatMap(({ name, isDirectory }) =>
    isDirectory ? pages(`${folder}/${name}`) : name.endsWith(".md") ? [`${folder}/${name}`] : []
  );
}

Deno.test("files and folders of the project that the pages name are there", () => {
  const missing = ["README.md", ...pages()].flatMap((page) => {
    const text = Deno.readTextFileSync(`${root}${page}`);
    const named = text.matchAll(/`((?:src|tests|kernels|configs|tasks|docs)\/[\w./]*\w\/?)`/g);
    return [...named].map(([, path]) => path).filter((path) => !existsSync(`${root}${path}`))
      .map((path) => `${page}: ${path}`);
  });
  assertEquals(missing, []);
});
