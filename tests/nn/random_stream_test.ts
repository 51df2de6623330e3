import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { RandomStream } from "../../src/nn/random_stream.ts";
import { onCpu, valuesOf } from "../support/on_cpu.ts";

const COUNT = 20000;

onCpu("RandomStream.normal() has the moments of the standard normal distribution", () => {
  const random = new RandomStream(3);
  const values = valuesOf(random.normal([COUNT], 17));
  const moment = (power: number) =>
    values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  // five standard errors of each moment
  assertAlmostEquals(moment(1), 0, 5 / Math.sqrt(COUNT));
  assertAlmostEquals(moment(2), 1, 5 * Math.sqrt(2 / COUNT));
  assertAlmostEquals(moment(3), 0, 5 * Math.sqrt(15 / COUNT));
  assertAlmostEquals(moment(4), 3, 5 * Math.sqrt(96 / COUNT));
  assert(values.every(Number.isFinite));
  random.dispose();
});

onCpu("RandomStream.normal() is the same for the same step and another for another", () => {
  const random = new RandomStream(3);
  const draw = (step: number, stream = 17) => {
    random.step = step;
    return [...random.normal([4, 25], stream).dataSync()];
  };
  const first = draw(1);
  assert(draw(2).every((value, i) => value !== first[i]));
  assert(draw(1, 18).every((value, i) => value !== first[i]));
  assertEquals(draw(1), first);
  random.dispose();
});

onCpu("RandomStream.normal() of any length begins as a longer one", () => {
  const random = new RandomStream(3);
  const long = [...random.normal([70], 5).dataSync()];
  for (const count of [1, 2, 3, 31, 33, 69]) {
    assertEquals([...random.normal([count], 5).dataSync()], long.slice(0, count));
  }
  random.dispose();
});
