import { assert, assertEquals, assertRejects } from "@std/assert";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { listGroup } from "../../src/config/groups.ts";
import { builtInCases, namedCases } from "../../src/verify/built_in_cases.ts";
import { readCaseFile } from "../../src/verify/golden_case.ts";
import { verifyCommand } from "../../src/cli/verify.ts";
import { goldenFolder } from "../support/golden.ts";
import { withFolder } from "../support/temporary_folder.ts";

const namesOf = (places: { name: string }[]) => places.map(({ name }) => name);

Deno.test("builtInCases() has an eval, a train and a steps case of every method", () => {
  const names = namesOf(builtInCases());
  for (const { name } of listGroup("runner", [])) {
    for (const kind of ["eval", "train", "steps"]) assert(names.includes(`${name}/${kind}`), name);
  }
});

Deno.test("namedCases() takes built-in cases, methods and folders, and all without a name", () => {
  assertEquals(namedCases([]), builtInCases());
  assertEquals(namesOf(namedCases(["rtfm/train"])), ["rtfm/train"]);
  const mil = ["mil/eval", "mil/eval_c3d_t47", "mil/steps", "mil/train"];
  assertEquals(namesOf(namedCases(["mil"])), mil);
  assertEquals(namedCases([goldenFolder("mil/eval")]), [
    { name: goldenFolder("mil/eval"), folder: goldenFolder("mil/eval") },
  ]);
  assertEquals(
    namesOf(namedCases([goldenFolder("mil")])),
    mil.map((name) => goldenFolder(name)),
  );
  assertEquals(namedCases(["nowhere"]), [{ name: "nowhere", folder: "nowhere" }]);
});

Deno.test("namedCases() leaves a file to be told of where its case would be read", () =>
  withFolder(async (folder) => {
    const file = join(folder, "sampling.json");
    Deno.writeTextFileSync(file, "{}");
    const advice = "name a folder that holds case.json and expected.safetensors, or a built-in " +
      "case such as mil/eval";
    for (
      const [path, found] of [
        [file, "it is no folder"],
        [join(file, "child"), "there is no such folder, and no such built-in case"],
        ["", "there is no such folder, and no such built-in case"],
        [folder, "there is no case.json in it"],
      ]
    ) {
      assertEquals(namedCases([path]), [{ name: path, folder: path }]);
      const message = `Cannot read golden case "${path}": ${found}; ${advice}`;
      const error = await assertRejects(() => readCaseFile(path), Error);
      assertEquals(error.message, message);
    }
  }));

Deno.test("wsvad verify --help names cases that exist", () => {
  let help = "";
  const command = verifyCommand(() => {}).configureOutput({ writeOut: (text) => help += text });
  command.outputHelp();
  const lines = help.matchAll(/^ {2}wsvad verify (.*)$/gm);
  const named = [...lines].flatMap(([, line]) => line.replace(/(^| )--.*/, "").split(" "))
    .filter((word) => word !== "");
  assert(named.length >= 4);
  for (const { folder } of namedCases(named)) assert(existsSync(join(folder, "case.json")), folder);
});

Deno.test("readCaseFile() names the method or case that is near to one that is none", async () => {
  for (const [name, near] of [["mli", "mil"], ["rtfm/evla", "rtfm/eval"]]) {
    await assertRejects(() => readCaseFile(name), Error, `did you mean "${near}"?`);
  }
});
