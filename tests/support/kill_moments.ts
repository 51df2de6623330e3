/** Random moments of kills, from a seed that is printed: WSVAD_KILL_SEED repeats them. */

import { Random, streamOf } from "../../src/random.ts";

/** Numbers in [0, 1), one a call. */
export function killMoments(): () => number {
  const asked = Deno.env.get("WSVAD_KILL_SEED");
  const seed = asked ? Number(asked) : crypto.getRandomValues(new Uint32Array(1))[0];
  console.log(`moments of kills: WSVAD_KILL_SEED=${seed}`);
  const random = new Random(seed, streamOf("moments of kills"));
  return () => random.uniform();
}
