import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createProgram } from "../../src/cli/program.ts";

/** Help of every command at a width, by its name. */
function helps(width: number): [string, string][] {
  const program = createProgram(() => {}, width);
  return [program, ...program.commands].map((command) => {
    let text = "";
    command.configureOutput({ writeOut: (part) => text += part });
    command.outputHelp();
    return [command.name(), text];
  });
}

for (const width of [60, 80, 100]) {
  Deno.test(`help fits ${width} columns, of every command`, () => {
    const wide = helps(width).flatMap(([name, text]) =>
      text.split("\n").filter((line) => line.length > width).map((line) => `${name}: ${line}`)
    );
    // A path or a setting has no place to break.
    assertEquals(wide.filter((line) => line.trim().split(/\s+/).length > 3), []);
  });
}

Deno.test("help at 60 columns loses no word of that at 100", () => {
  const words = (text: string) => text.replace(/ \\\n/g, " ").split(/\s+/).sort();
  const wide = new Map(helps(100));
  for (const [name, text] of helps(60)) assertEquals(words(text), words(wide.get(name)!), name);
});

Deno.test("an example that needs several lines is one command to a shell", () => {
  const text = new Map(helps(60)).get("train")!;
  const at = text.indexOf("wsvad train --runner rtfm trainer=quick");
  assert(at > 0);
  assertStringIncludes(text.slice(at), " \\\n");
});
