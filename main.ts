/** `wsvad`: from the command line to an exit code. */

import { main } from "./src/cli/program.ts";

// Worker threads of a device would keep the process alive, so it ends here.
Deno.exit(await main(Deno.args));
