/**
 * `deno task release`: the steps of a release that need no code host.
 *
 *     deno task release check v0.1.0           the tag is the version, and CHANGELOG.md has it
 *     deno task release finish DIR ADDRESS     beside the executables in DIR: sums, SBOM, notes and
 *                                              the install script, for releases at ADDRESS
 */

import { checkTag, finishRelease } from "./release/steps.ts";

const [step, ...rest] = Deno.args;
try {
  if (step === "check" && rest.length === 1) {
    checkTag(rest[0]);
    console.log(`${rest[0]} can be released`);
  } else if (step === "finish" && rest.length === 2) {
    for (const path of await finishRelease(rest[0], rest[1])) console.log(path);
  } else {
    throw new Error("Usage: deno task release check TAG | finish DIR ADDRESS");
  }
} catch (error) {
  console.error((error as Error).message);
  Deno.exitCode = 1;
}
