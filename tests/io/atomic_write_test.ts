import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isFault } from "../../src/fault.ts";
import { refuseTarget, removeStaleTemporaries, writeWhole } from "../../src/io/atomic_write.ts";
import {
  appendText,
  type FileSystem,
  isLocked,
  makeFolder,
  realFileSystem,
} from "../../src/io/file_system.ts";
import { writeFolder } from "../../src/io/folder_write.ts";
import { failingFileSystem, type Failure } from "../support/failing_file_system.ts";
import { withFolder } from "../support/temporary_folder.ts";
import { killInMidWrite } from "./kill_in_mid_write.ts";

const pieces = [new Uint8Array([1, 2]), new Uint8Array(0), new Uint8Array([3])];

Deno.test("writeWhole() writes text, bytes and pieces, sync or async", () =>
  withFolder(async (folder) => {
    async function* slowly() {
      for (const piece of pieces) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield piece;
      }
    }
    const contents = { text: "é\n", bytes: pieces[0], pieces, slowly: slowly() };
    for (const [name, content] of Object.entries(contents)) {
      await writeWhole(`${folder}/${name}`, content, { overwrite: false });
    }
    assertEquals(await Deno.readTextFile(`${folder}/text`), "é\n");
    assertEquals(await Deno.readFile(`${folder}/bytes`), new Uint8Array([1, 2]));
    assertEquals(await Deno.readFile(`${folder}/pieces`), new Uint8Array([1, 2, 3]));
    assertEquals(await Deno.readFile(`${folder}/slowly`), new Uint8Array([1, 2, 3]));
    assertEquals(await realFileSystem.list(folder), ["bytes", "pieces", "slowly", "text"]);
  }));

Deno.test("writeWhole() replaces an existing file only when told to", () =>
  withFolder(async (folder) => {
    const path = `${folder}/result.json`;
    await Deno.writeTextFile(path, "old");
    const error = await assertRejects(() => writeWhole(path, "new", { overwrite: false }));
    assert(isFault(error));
    assertStringIncludes(error.message, "the file exists; choose another name, or add --overwrite");
    assertEquals(await Deno.readTextFile(path), "old");
    await writeWhole(path, "new", { overwrite: true });
    assertEquals(await Deno.readTextFile(path), "new");
  }));

Deno.test("writeWhole() does not replace a file that appears while it writes", () =>
  withFolder(async (folder) => {
    const path = `${folder}/x`;
    async function* meanwhile() {
      yield new Uint8Array([1]);
      await Deno.writeTextFile(path, "other");
    }
    await assertRejects(
      () => writeWhole(path, meanwhile(), { overwrite: false }),
      Error,
      "the file exists",
    );
    assertEquals(await realFileSystem.list(folder), ["x"]);
    assertEquals(await Deno.readTextFile(path), "other");
  }));

Deno.test("writeWhole() says what is wrong with the path", () =>
  withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    for (
      const [path, message] of [
        [`${folder}/no/x`, `the folder "${folder}/no" does not exist; make it first`],
        [folder, "it is a folder, not a file"],
        ["/dev/null", "it is a device or a pipe, not a file"],
        [`${folder}/file/x`, "a part of the path is a file"],
        [`${folder}/${"x".repeat(300)}`, "the name is too long"],
      ]
    ) {
      const error = await assertRejects(() => writeWhole(path, "x", { overwrite: true }));
      assert(isFault(error), String(error.stack));
      assertStringIncludes(error.message, `Cannot write "${path}": `);
      assertStringIncludes(error.message, message);
    }
    assertEquals(await realFileSystem.list(folder), ["file"]);
  }));

const failures: [Failure, string][] = [
  [{ code: "ENOSPC", at: "create" }, "no space left on the device; free some space"],
  [{ code: "ENOSPC", at: "write" }, "no space left on the device; free some space"],
  [{ code: "ENOSPC", at: "write", afterBytes: 1500 }, "no space left on the device"],
  [{ code: "ENOSPC", at: "sync" }, "no space left on the device"],
  [{ code: "EDQUOT", at: "write", afterBytes: 10 }, "the disk quota is used up"],
  [{ code: "EFBIG", at: "write", afterBytes: 10 }, "raise `ulimit -f`"],
  [{ code: "EIO", at: "sync" }, "input/output error; check the disk"],
  [{ code: "EROFS", at: "create" }, "the file system is read-only; choose another folder"],
  [{ code: "EACCES", at: "create" }, "permission denied; check the owner"],
  [{ code: "EACCES", at: "rename" }, "permission denied; check the owner"],
];

for (const [failure, message] of failures) {
  const after = failure.afterBytes ? ` after ${failure.afterBytes} bytes` : "";
  Deno.test(`writeWhole() keeps the old file on ${failure.code} at ${failure.at}${after}`, () =>
    withFolder(async (folder) => {
      const path = `${folder}/last.safetensors`;
      await Deno.writeTextFile(path, "old");
      const fs = failingFileSystem(failure);
      const content = [new Uint8Array(1000), new Uint8Array(1000)];
      const error = await assertRejects(() => writeWhole(path, content, { overwrite: true, fs }));
      assert(isFault(error), String(error.stack));
      assertStringIncludes(error.message, `Cannot write "${path}": `);
      assertStringIncludes(error.message, message);
      assertStringIncludes(error.message, "(what was there before is unchanged)");
      assertEquals(await Deno.readTextFile(path), "old");
      assertEquals(await realFileSystem.list(folder), ["last.safetensors"]);
    }));
}

Deno.test("writeWhole() syncs the bytes before the rename and the folder after it", () =>
  withFolder(async (folder) => {
    const calls: string[] = [];
    const fs: FileSystem = {
      ...realFileSystem,
      async create(path) {
        const file = await realFileSystem.create(path);
        return {
          write: (bytes) => (calls.push("write"), file.write(bytes)),
          sync: () => (calls.push("sync"), file.sync()),
          close: () => (calls.push("close"), file.close()),
        };
      },
      rename: (from, to) => (calls.push("rename"), realFileSystem.rename(from, to)),
      syncFolder: (path) => (calls.push(`syncFolder ${path}`), realFileSystem.syncFolder(path)),
    };
    await writeWhole(`${folder}/x`, "text", { overwrite: false, fs });
    assertEquals(calls, ["write", "sync", "close", "rename", `syncFolder ${folder}`]);
  }));

Deno.test("writeWhole() finishes a write that the system takes in parts", () =>
  withFolder(async (folder) => {
    const fs = {
      ...realFileSystem,
      async create(path: string) {
        const file = await realFileSystem.create(path);
        return {
          sync: () => file.sync(),
          close: () => file.close(),
          write: (bytes: Uint8Array) => file.write(bytes.subarray(0, 3)),
        };
      },
    };
    const content = Uint8Array.from({ length: 10 }, (_, i) => i);
    await writeWhole(`${folder}/x`, content, { overwrite: false, fs });
    assertEquals(await Deno.readFile(`${folder}/x`), content);
  }));

Deno.test("writeWhole() leaves nothing behind when its content throws, and passes the error on", () =>
  withFolder(async (folder) => {
    const failure = new RangeError("no more pieces");
    function* broken() {
      yield new Uint8Array([1]);
      throw failure;
    }
    const error = await assertRejects(() =>
      writeWhole(`${folder}/x`, broken(), { overwrite: true })
    );
    assert(error === failure);
    assertEquals(await realFileSystem.list(folder), []);
  }));

Deno.test({
  name: "writeWhole() leaves a whole file after each of 20 kills in mid-write",
  ignore: Deno.build.os === "windows",
  fn: () => withFolder((folder) => killInMidWrite(folder, 20)),
});

Deno.test("removeStaleTemporaries() removes what dead processes left, and nothing else", () =>
  withFolder(async (folder) => {
    const dead = new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).spawn();
    await dead.status;
    const stale = [`.x.${dead.pid}-0.partial`, `.y.json.${Deno.pid}-99999.partial`];
    const others = [".x.partial", `.z.${Deno.ppid}-3.partial`, "x", "x.partial"];
    for (const name of [...stale, ...others]) await Deno.writeTextFile(`${folder}/${name}`, "");
    assertEquals((await removeStaleTemporaries(folder)).sort(), stale.sort());
    assertEquals(await realFileSystem.list(folder), others.sort());
  }));

Deno.test("removeStaleTemporaries() removes a folder that a killed process did not finish, with its files", () =>
  withFolder(async (folder) => {
    const left = `.gt.${Deno.pid}-99999.partial`, before = `.gt.${Deno.pid}-99999.before`;
    for (const name of [left, before]) {
      await Deno.mkdir(`${folder}/${name}`);
      await Deno.writeTextFile(`${folder}/${name}/a.npy`, "");
    }
    assertEquals(await removeStaleTemporaries(folder), [left]);
    // What was there before is the user's own.
    assertEquals(await realFileSystem.list(folder), [before]);
  }));

Deno.test("writeFolder() replaces what it would write, and never a folder with anything else", () =>
  withFolder(async (folder) => {
    const gt = join(folder, "gt"), files = [["a.npy", "new"]] as const;
    const isOurs = (name: string) => name.endsWith(".npy");
    await writeFolder(gt, [["a.npy", "old"], ["b.npy", "old"]], null);
    await assertRejects(() => writeFolder(gt, files, null), Error, "choose another name");
    Deno.writeTextFileSync(join(gt, "notes.txt"), "kept");
    await assertRejects(() => writeFolder(gt, files, isOurs), Error, '"notes.txt" in it is');
    assertEquals(await realFileSystem.list(gt), ["a.npy", "b.npy", "notes.txt"]);
    Deno.removeSync(join(gt, "notes.txt"));
    await writeFolder(gt, files, isOurs);
    assertEquals(await realFileSystem.list(gt), ["a.npy"]);
  }));

Deno.test("writeWhole() and refuseTarget() leave a link that leads nowhere as it is", () =>
  withFolder(async (folder) => {
    const link = join(folder, "link");
    Deno.symlinkSync("nowhere", link);
    for (const overwrite of [false, true]) {
      const told = `"${link}" is a link to "nowhere", which does not exist`;
      await assertRejects(() => writeWhole(link, "x", { overwrite }), Error, told);
      await assertRejects(() => refuseTarget(link, overwrite), Error, told);
    }
    assertEquals(Deno.readLinkSync(link), "nowhere");
    assertEquals(await realFileSystem.list(folder), ["link"]);
    await refuseTarget(join(folder, "none", "file"), false);
  }));

Deno.test("removeStaleTemporaries() leaves a folder that is being written alone", () =>
  withFolder(async (folder) => {
    const files = function* () {
      yield ["a", "1"] as const;
      const [name] = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assertEquals(Deno.readTextFileSync(`${folder}/${name}/a`), "1");
      cleared = removeStaleTemporaries(folder);
      yield ["b", "2"] as const;
    };
    let cleared: Promise<string[]> | undefined;
    await writeFolder(`${folder}/gt`, files(), null);
    assertEquals(await cleared, []);
    assertEquals(await realFileSystem.list(`${folder}/gt`), ["a", "b"]);
  }));

Deno.test("removeStaleTemporaries() leaves a write that is under way alone", () =>
  withFolder(async (folder) => {
    async function* interrupted() {
      yield new Uint8Array([1]);
      assertEquals((await realFileSystem.list(folder)).length, 1);
      assertEquals(await removeStaleTemporaries(folder), []);
      yield new Uint8Array([2]);
    }
    await writeWhole(`${folder}/x`, interrupted(), { overwrite: false });
    assertEquals(await Deno.readFile(`${folder}/x`), new Uint8Array([1, 2]));
  }));

Deno.test("removeStaleTemporaries() goes by the lock of a file where it may not ask which processes run", () =>
  withFolder(async (folder) => {
    const [held, left] = [`.x.${Deno.ppid}-0.partial`, `.y.${Deno.ppid}-0.partial`];
    await using after = new AsyncDisposableStack();
    after.adopt(await realFileSystem.create(`${folder}/${held}`), (writer) => writer.close());
    await Deno.writeTextFile(`${folder}/${left}`, "");
    assertEquals([held, left, "none"].map((name) => isLocked(`${folder}/${name}`)), [
      ...[true, false, false],
    ]);
    const module = new URL("../../src/io/atomic_write.ts", import.meta.url).href;
    const script = `${folder}/clear.ts`;
    await Deno.writeTextFile(
      script,
      `import { removeStaleTemporaries } from ${JSON.stringify(module)};
      console.log((await removeStaleTemporaries(${JSON.stringify(folder)})).join());`,
    );
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", `--allow-write=${folder}`, script],
      env: { NO_COLOR: "1" },
    }).output();
    assertEquals(new TextDecoder().decode(stdout), `${left}\n`, new TextDecoder().decode(stderr));
  }));

Deno.test("removeStaleTemporaries() bears a folder that another run takes away meanwhile", () =>
  withFolder(async (folder) => {
    const shared = `${folder}/out`;
    await Deno.mkdir(shared);
    const fs = {
      ...realFileSystem,
      async list(path: string) {
        await Deno.remove(path);
        return await realFileSystem.list(path);
      },
    };
    assertEquals(await removeStaleTemporaries(shared, fs), []);
  }));

Deno.test("removeStaleTemporaries() finds nothing in a folder that is not there", async () => {
  assertEquals(await removeStaleTemporaries(fileURLToPath(new URL("./none", import.meta.url))), []);
});

Deno.test("appendText() adds to the end, and says when the disk is full", () =>
  withFolder(async (folder) => {
    const path = `${folder}/log.jsonl`;
    await appendText(path, "1\n");
    await appendText(path, "2\n");
    assertEquals(await Deno.readTextFile(path), "1\n2\n");
    const fs = failingFileSystem({ code: "ENOSPC", at: "write" });
    const error = await assertRejects(() => appendText(path, "3\n", fs));
    assert(isFault(error));
    assertStringIncludes(error.message, `Cannot append to "${path}": no space left on the device`);
  }));

Deno.test("makeFolder() makes the folders above too, and says when it may not", () =>
  withFolder(async (folder) => {
    await makeFolder(`${folder}/a/b`);
    await makeFolder(`${folder}/a/b`);
    assert((await Deno.stat(`${folder}/a/b`)).isDirectory);
    await Deno.writeTextFile(`${folder}/file`, "");
    for (
      const [path, fs, message] of [
        [`${folder}/c`, failingFileSystem({ code: "EROFS", at: "makeFolder" }), "read-only"],
        [`${folder}/file`, realFileSystem, "a file of that name is in the way"],
        [`${folder}/file/x`, realFileSystem, "a part of the path is a file"],
      ] as const
    ) {
      const error = await assertRejects(() => makeFolder(path, fs), Error, message);
      assert(isFault(error));
    }
  }));
