/** The programs that a machine with a GPU runs, the most telling first. */

import { fileURLToPath } from "node:url";

export const PARTS = ["check", "kernels", "methods"] as const;
export type PartName = typeof PARTS[number];

export interface Step {
  name: string;
  /** Of `deno run`. */
  arguments: string[];
}

export interface StepOptions {
  runners: string[];
  /** Names of all kernels that bench times. */
  kernels: string[];
  device: string;
  /** Small sizes: whether all of it works. */
  quick: boolean;
}

const fileAt = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const MAIN = fileAt("../../main.ts"), PRODUCT = fileAt("./product.ts");

export function stepsOf(part: PartName, { runners, kernels, device, quick }: StepOptions): Step[] {
  const tool = (name: string, ...words: string[]): Step => ({
    name,
    arguments: [MAIN, ...words, "--device", device, "--json", "--quiet"],
  });
  const small = quick ? ["--quick"] : [];
  switch (part) {
    case "check": {
      const doctor = tool("doctor", "doctor");
      doctor.arguments.pop(); // it says nothing that could be kept quiet
      return [
        doctor,
        ...(quick ? ["mil/eval"] : runners).map((name) => tool(`verify ${name}`, "verify", name)),
      ];
    }
    case "kernels":
      return [
        { name: "product", arguments: [PRODUCT, device, quick ? "256" : "4096"] },
        // One by one: what runs out of time takes no other with it.
        ...apart(kernels).map((name) =>
          tool(`bench ${name}`, "bench", "--kernels", name, ...small)
        ),
      ];
    case "methods":
      return runners.map((name) => tool(`bench ${name}`, "bench", "--runners", name, ...small));
  }
}

/** Names that contain no other: bench takes a name for all that contain it. */
function apart(names: readonly string[]): string[] {
  return names.filter((name) => !names.some((other) => other !== name && name.includes(other)));
}
