/**
 * `deno task gpu:pack FOLDER`: what `deno task gpu:all` needs on a machine like this one that has
 * neither Deno nor npm nor network, in a new folder: there, `sh FOLDER/gpu_all.sh` takes the same
 * words.
 */

import { copyFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { BUNDLE, stage } from "./executable/stage.ts";
import { repository } from "./executable/repository.ts";
import startScript from "./gpu_all/start.sh" with { type: "text" };
import { endWithUsage, taskWords } from "./task_words.ts";

const USAGE = "gpu:pack FOLDER";
const { positionals: [folder, ...more] } = taskWords(USAGE);
if (folder === undefined || more.length > 0) endWithUsage(USAGE);

const PROGRAMS = ["tasks/gpu_all.ts", "tasks/gpu_all/product.ts"];
const PYTORCH = "tasks/gpu_all/pytorch.py";

const out = resolve(folder);
try {
  Deno.lstatSync(out);
  console.error(`Cannot pack into ${out}: it is there already; name a new folder`);
  Deno.exit(1);
} catch (error) {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
Deno.mkdirSync(dirname(out), { recursive: true });
const staged = Deno.makeTempDirSync({ dir: dirname(out), prefix: ".pack_" });
try {
  await stage(staged, { blas: false, beside: PROGRAMS });
  copyFileSync(join(repository, PYTORCH), join(staged, dirname(BUNDLE), PYTORCH));
  copyFileSync(Deno.execPath(), join(staged, "deno"));
  Deno.chmodSync(join(staged, "deno"), 0o755);
  Deno.writeTextFileSync(join(staged, "gpu_all.sh"), startScript);
  Deno.chmodSync(staged, 0o755);
  Deno.renameSync(staged, out);
} catch (error) {
  Deno.removeSync(staged, { recursive: true });
  throw error;
}
console.log(`${out}: sh ${folder}/gpu_all.sh does there what deno task gpu:all does here`);
