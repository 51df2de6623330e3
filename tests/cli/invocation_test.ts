import { assertEquals } from "@std/assert";
import { invocation } from "../../src/cli/invocation.ts";

Deno.test("invocation() names what the reader has: an executable, npm, or Deno", () => {
  const none = () => undefined, npx = (name: string) => name === "npm_command" ? "exec" : undefined;
  assertEquals(invocation(none, true), "wsvad");
  assertEquals(invocation(npx, false), `npx -y deno@${Deno.version.deno} task wsvad`);
  assertEquals(invocation(none, false), "deno task wsvad");
});
