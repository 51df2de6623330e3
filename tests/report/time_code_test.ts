import { assertEquals } from "@std/assert";
import { timeCode } from "../../src/report/time_code.ts";

Deno.test("timeCode() writes h:mm:ss.mmm", () => {
  assertEquals(timeCode(0), "0:00:00.000");
  assertEquals(timeCode(107997 / 30), "0:59:59.900");
  assertEquals(timeCode(3723.0666), "1:02:03.067");
  assertEquals(timeCode(36000), "10:00:00.000");
});

Deno.test("timeCode() carries when rounding, at every number of digits", () => {
  assertEquals(timeCode(3599.9996), "1:00:00.000");
  assertEquals(timeCode(59.96, 1), "0:01:00.0");
  assertEquals(timeCode(59.5, 0), "0:01:00");
  assertEquals(timeCode(59.994, 2), "0:00:59.99");
});
