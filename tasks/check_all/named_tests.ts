/**
 * In an entry that loads several files of tests: puts the file before the name of each test, as
 * `deno test` does where every file is an entry.
 */

const test = Deno.test;
let file = "";

/** Deno's three ways to give a test: with a name, with options, or as a named function. */
type Register = (...args: unknown[]) => void;

function named(register: Register): Register {
  return (first, ...rest) => {
    const inFile = (name: string) => `${file} => ${name}`;
    if (typeof first === "string") return register(inFile(first), ...rest);
    if (typeof first === "function") return register(inFile(first.name), first, ...rest);
    const options = first as Deno.TestDefinition;
    // Options may come without a name or function, which then follow: Deno.test(options, fn).
    const [fn] = rest as ((() => void) | undefined)[];
    register({ ...options, name: inFile(options.name ?? fn?.name ?? "") }, ...rest);
  };
}

Object.assign(Deno, {
  test: Object.assign(named(test as Register), test, {
    ignore: named(test.ignore as Register),
    only: named(test.only as Register),
  }),
});

/** Loads a file of tests. One that cannot be loaded is a failing test; the others still run. */
export async function testsOf(path: string, load: () => Promise<unknown>): Promise<void> {
  file = path;
  try {
    await load();
  } catch (error) {
    test(`${path} => can be loaded`, () => {
      throw error;
    });
  }
}
