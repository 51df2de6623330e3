/** `wsvad`: from the command line to an exit code. */

import { dropUnwritableWarnings } from "./src/cli/output.ts";
import { main } from "./src/cli/program.ts";
import { surviveHangup } from "./src/cli/stop_signal.ts";
import { surviveSizeLimit } from "./src/io/size_limit.ts";

dropUnwritableWarnings();
surviveHangup();
surviveSizeLimit();

// Worker threads of a device would keep the process alive, so it ends here.
Deno.exit(await main(Deno.args));
