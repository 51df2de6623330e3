import { assertEquals, assertThrows } from "@std/assert";
import { readFirst, testPages } from "./page_commands.ts";
import { shownCommands, withoutNpx } from "./shown_commands.ts";

Deno.test("shownCommands() finds the commands of shell blocks, in order", () => {
  const page = [
    "Type `deno task nothing` or",
    "```sh",
    "git clone x && cd x",
    "npx -y deno@2.9.6 task demo",
    "npx -y deno@2.9.6 task wsvad doctor",
    "# a remark",
    "$ deno task wsvad train \\",
    "    data=folder   # with a remark",
    "```",
    "```ts",
    "deno task wsvad not shell",
    "```",
    "<!-- not run: needs the whole data set -->",
    "",
    "```sh",
    "deno task wsvad train data=ucf_crime",
    "```",
    "```bash",
    "NO_COLOR=1 deno task wsvad slots",
    "deno task test",
    "deno task tests",
    "```",
  ];
  assertEquals(shownCommands(page.join("\n")), [
    { line: 5, command: "npx -y deno@2.9.6 task wsvad doctor" },
    { line: 7, command: "deno task wsvad train data=folder   # with a remark" },
    { line: 19, command: "NO_COLOR=1 deno task wsvad slots" },
    { line: 21, command: "deno task tests" },
  ]);
  assertThrows(() => shownCommands("x\n```sh\ndeno task x"), SyntaxError, "line 2");
});

Deno.test("withoutNpx() names the Deno that is there", () => {
  assertEquals(withoutNpx("A=1 npx -y deno@2.9.6 task demo x"), "A=1 deno task demo x");
  assertEquals(withoutNpx("deno task demo"), "deno task demo");
});

testPages(readFirst);
