/**
 * Every chain that `wsvad slots` calls compatible, with every loss term on its own and every
 * paper's set of terms.
 */

import { assert } from "@std/assert";
import { chainsOf, encoders, fits, lossSets, trains } from "../model/combinations.ts";
import { withDevice } from "../support/with_device.ts";

for (const encoder of encoders) {
  Deno.test(`assemble() and two steps of encoder ${encoder} with each loss set that fits it`, async () => {
    await withDevice(() => {
      let count = 0;
      for (const { label, chain } of chainsOf(encoder)) {
        for (const { name, terms } of lossSets) {
          const config = { ...chain, loss: terms };
          if (!fits(config)) continue;
          trains(config, `${label} + ${name}`);
          count++;
        }
      }
      assert(count > 20, `${count} combinations`);
    });
  });
}
