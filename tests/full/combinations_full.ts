/**
 * Whatever `wsvad slots` calls compatible trains: every encoder with every head and branch, with
 * all loss terms that fit them. A term whose value or gradient is not finite shows in the sum;
 * tests/long has each term on its own.
 */

import { assert, assertEquals } from "@std/assert";
import { describeSlots } from "../../src/commands/describe_slots.ts";
import { registry } from "../../src/model/registry.ts";
import { withDevice } from "../support/with_device.ts";
import { chainOf, chainsOf, encoders, fits, heads, trains } from "../model/combinations.ts";

const terms = Object.keys(registry.loss).map((name) => ({ name, weight: 1 }));

for (const encoder of encoders) {
  Deno.test(`assemble() and two steps of encoder ${encoder} with all that fits it`, async () => {
    await withDevice(() => {
      for (const { label, chain } of chainsOf(encoder)) {
        const loss = terms.filter((term) => fits({ ...chain, loss: [term] }));
        assert(loss.length > 3, `${label}: ${loss.length} loss terms fit`);
        trains({ ...chain, loss }, label);
      }
    });
  });
}

Deno.test("describeSlots() calls compatible what assembles, and nothing else", () => {
  const described = new Map(
    describeSlots().map(({ kind, name, fits }) => [`${kind} ${name}`, fits]),
  );
  for (const encoder of encoders) {
    const found = heads.filter((head) => fits(chainOf(encoder, head, null)));
    assertEquals(described.get(`encoder ${encoder}`)!.head, found, encoder);
  }
  for (const { name } of terms) {
    const found = heads.filter((head) =>
      encoders.some((encoder) =>
        fits({ ...chainOf(encoder, head, null), loss: [{ name, weight: 1 }] })
      )
    );
    assertEquals(described.get(`loss ${name}`)!.head, found, name);
  }
});
