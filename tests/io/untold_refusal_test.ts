import { assert, assertEquals } from "@std/assert";
import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { fault, isFault } from "../../src/fault.ts";
import { untoldRefusal } from "../../src/io/untold_refusal.ts";
import { withFolder } from "../support/temporary_folder.ts";

async function refusalOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return untoldRefusal(error);
  }
  throw new Error("the system refused nothing");
}

Deno.test({
  name: "untoldRefusal() tells what the system refused by the call and the path of its error",
  ignore: Deno.build.os === "windows", // where names and numbers are others
  fn: () =>
    withFolder(async (folder) => {
      const file = join(folder, "it's a file"), full = join(folder, "full");
      Deno.writeTextFileSync(file, "");
      Deno.mkdirSync(join(full, "part"), { recursive: true });
      const check = "a part of the path is a file, not a folder; check the path";
      for (
        const [call, message] of [
          [() => readdirSync(file), `Cannot list the folder "${file}": ${check}`],
          [() => Deno.stat(join(file, "x")), `Cannot open "${file}/x": ${check}`],
          [
            () => Deno.remove(full),
            `Cannot remove "${full}": the folder is not empty; empty it or choose another one`,
          ],
          [
            () => renameSync(join(folder, "a"), join(folder, "b")),
            `Cannot rename "${folder}/a" to "${folder}/b": no such file or folder; check the path`,
          ],
          [
            () => Deno.listen({ hostname: "192.0.2.1", port: 1 }),
            "Cannot go on: cannot assign requested address; check the path, or choose another one",
          ],
        ] as const
      ) {
        const error = await refusalOf(call) as Error;
        assertEquals([error.message, isFault(error)], [message, true]);
      }
    }),
});

Deno.test("untoldRefusal() leaves errors that are not the system's as they are", () => {
  for (const error of [new TypeError("x is not a function"), new RangeError("stat 'x'"), null]) {
    assert(untoldRefusal(error) === error);
  }
});

Deno.test("untoldRefusal() leaves a fault as it is, also one that ends with the system's words", () => {
  const told = fault(Error, "Cannot write the result to stdout: No space left (os error 28)");
  assertEquals(untoldRefusal(told), told);
});
