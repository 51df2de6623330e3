/**
 * A process that runs several command lines, one after the other, as `main.ts` runs one: those of
 * its first argument, a JSON array of arrays. Their outcomes are what it prints, as JSON.
 */

import { main } from "../../src/cli/program.ts";
import type { Outcome } from "./run_wsvad.ts";

type Stream = { writeSync(bytes: Uint8Array): number };

/** What goes to the streams from now on is read here. */
class Caught {
  #text = { stdout: "", stderr: "" };

  constructor() {
    for (const name of ["stdout", "stderr"] as const) {
      const decoder = new TextDecoder();
      (Deno[name] as Stream).writeSync = (bytes) => {
        this.#text[name] += decoder.decode(bytes, { stream: true });
        return bytes.length;
      };
    }
    for (const level of ["warn", "error"] as const) {
      console[level] = (...values) => void (this.#text.stderr += `${values.join(" ")}\n`);
    }
  }

  take(): { stdout: string; stderr: string } {
    const text = this.#text;
    this.#text = { stdout: "", stderr: "" };
    return text;
  }
}

const print = Deno.stdout.write.bind(Deno.stdout);
const caught = new Caught();
const outcomes: Outcome[] = [];
for (const args of JSON.parse(Deno.args[0]) as string[][]) {
  const code = await main(args);
  outcomes.push({ code, ...caught.take() });
}
let bytes = new TextEncoder().encode(JSON.stringify(outcomes));
while (bytes.length > 0) bytes = bytes.subarray(await print(bytes));
// Worker threads of a device would keep the process alive.
Deno.exit(0);
