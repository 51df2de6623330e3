import { assert, assertEquals, assertRejects } from "@std/assert";
import { isFault } from "../../src/fault.ts";
import { entryAt, InputFile, readText } from "../../src/io/read_file.ts";

async function withFile(bytes: Uint8Array, run: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, bytes);
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("InputFile reads any part of a file", () =>
  withFile(new Uint8Array([0, 1, 2, 3, 4]), async (path) => {
    using file = await InputFile.open(path);
    assertEquals(file.size, 5);
    assertEquals(await file.read(3, 2), new Uint8Array([3, 4]));
    assertEquals(await file.read(0, 2), new Uint8Array([0, 1]));
    assertEquals(await file.read(5, 0), new Uint8Array(0));
  }));

Deno.test("InputFile refuses to read past the end, before it allocates", () =>
  withFile(new Uint8Array(5), async (path) => {
    using file = await InputFile.open(path);
    const error = await assertRejects(() => file.read(3, 2 ** 52), Error, "it ends at byte 5");
    assert(isFault(error));
  }));

Deno.test("InputFile says that a file was cut while it was open", () =>
  withFile(new Uint8Array(5), async (path) => {
    using file = await InputFile.open(path);
    await Deno.truncate(path, 2);
    const error = await assertRejects(() => file.read(0, 5), Error, "it ends at byte 2");
    assert(isFault(error));
  }));

Deno.test({
  name: "InputFile refuses a pipe instead of waiting for its writer",
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/pipe`;
      await new Deno.Command("mkfifo", { args: [path] }).output();
      const error = await assertRejects(() => InputFile.open(path), Error, "a device or a pipe");
      assert(isFault(error));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("readText() reads UTF-8, without its byte order mark", () =>
  withFile(new TextEncoder().encode("\ufeffé\r\n"), async (path) => {
    assertEquals(await readText(path), "é\r\n");
  }));

Deno.test("readText() reads UTF-16 by its byte order mark, as PowerShell writes lists", async () => {
  for (const little of [true, false]) {
    const text = "\ufeffpath;é\r\n";
    const bytes = new Uint8Array(2 * text.length);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), little);
    await withFile(bytes, async (path) => assertEquals(await readText(path), "path;é\r\n"));
    await withFile(bytes.subarray(0, -1), async (path) => {
      await assertRejects(() => readText(path), SyntaxError, "it is not UTF-16");
    });
  }
});

Deno.test("readText() refuses what is not UTF-8", () =>
  withFile(new Uint8Array([0x61, 0xff]), async (path) => {
    const error = await assertRejects(() => readText(path), SyntaxError, "it is not UTF-8 text");
    assert(isFault(error));
  }));

Deno.test("readText() says that the file is missing", async () => {
  const error = await assertRejects(() => readText("no/such.txt"));
  assertEquals(error.message, 'Cannot read "no/such.txt": no such file or folder; check the path');
  assert(isFault(error));
});

Deno.test({
  name: "entryAt() finds files and folders, and nothing where a path leads nowhere",
  ignore: Deno.build.os === "windows", // links need a right of their own there
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/file`, "abc");
      await Deno.symlink("circle", `${folder}/circle`);
      await Deno.symlink("nowhere", `${folder}/broken`);
      assertEquals(entryAt(`${folder}/file`)?.size, 3);
      assert(entryAt(folder)?.isDirectory());
      const long = "n".repeat(300);
      for (const name of ["missing", "circle", "broken", "file/below", long]) {
        assertEquals(entryAt(`${folder}/${name}`), null, name);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
