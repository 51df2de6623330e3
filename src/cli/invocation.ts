/** How a further command is to be typed, by one who has started the tool as it was started. */

import { build, tool } from "../tool.ts";

/**
 * `wsvad`, `deno task wsvad`, or what stands in the place of `deno` where npm has fetched it.
 *
 * @param variable of the environment
 */
export function invocation(
  variable: (name: string) => string | undefined = environment,
  executable: boolean = build() !== null,
): string {
  if (executable) return tool.name;
  const fetched = variable("npm_command") === "exec";
  return `${fetched ? `npx -y deno@${Deno.version.deno}` : "deno"} task ${tool.name}`;
}

function environment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined; // no permission to look
  }
}
