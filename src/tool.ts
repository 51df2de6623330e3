/** Name and version of the tool, as results and checkpoints record them. */

import manifest from "../deno.json" with { type: "json" };

export const tool = { name: "wsvad", version: manifest.version };
