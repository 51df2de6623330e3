/** The programs that a machine with a GPU runs, the most telling first. */

export const PARTS = ["check", "kernels", "methods"] as const;
export type PartName = typeof PARTS[number];

export interface Step {
  name: string;
  program: string;
  arguments: string[];
}

/** Where the programs lie: as sources, or bundled. */
export interface Programs {
  /** Of wsvad, and of the product. */
  main: string;
  product: string;
  pytorch: string;
  /** A Python with PyTorch. */
  python: string;
  /** Words of Deno before a program of ours. */
  deno: string[];
}

export interface StepOptions {
  runners: string[];
  /** Names of all kernels that bench times. */
  kernels: string[];
  device: string;
  /** Small sizes: whether all of it works. */
  quick: boolean;
}

export function stepsOf(
  part: PartName,
  { runners, kernels, device, quick }: StepOptions,
  { main, product, pytorch, python, deno }: Programs,
): Step[] {
  const ours = (name: string, ...words: string[]): Step => ({
    ...{ name, program: Deno.execPath() },
    arguments: [...deno, ...words],
  });
  const tool = (name: string, ...words: string[]) =>
    ours(name, main, ...words, "--device", device, "--json");
  const bench = (name: string, ...words: string[]) =>
    tool(`bench ${name}`, "bench", ...words, name, "--quiet", ...(quick ? ["--quick"] : []));
  switch (part) {
    case "check":
      return [
        tool("doctor", "doctor"),
        ...(quick ? ["mil/eval"] : runners).map((name) =>
          tool(`verify ${name}`, "verify", name, "--quiet")
        ),
      ];
    case "kernels": {
      const edge = quick ? "256" : "4096";
      return [
        ours("product", product, device, edge),
        { name: "pytorch", program: python, arguments: [pytorch, edge] },
        // One by one: what runs out of time takes no other with it.
        ...apart(kernels).map((name) => bench(name, "--kernels")),
      ];
    }
    case "methods":
      return runners.map((name) => bench(name, "--runners"));
  }
}

/** Names that contain no other: bench takes a name for all that contain it. */
function apart(names: readonly string[]): string[] {
  return names.filter((name) => !names.some((other) => other !== name && name.includes(other)));
}
