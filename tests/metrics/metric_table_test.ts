import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  definitions,
  inOrder,
  matrixMetrics,
  metricTable,
  metricTitle,
  ofBranch,
  paperMetrics,
  selectableMetrics,
} from "../../src/metrics/metric_table.ts";

const page = Deno.readTextFileSync(new URL("../../docs/evaluation.md", import.meta.url));

Deno.test("metrics stand in docs/evaluation.md in the order of the table, as result.json defines them", () => {
  for (const [name, definition] of Object.entries(definitions)) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\` `)) ?? "";
    assertStringIncludes(row, definition, name);
  }
  const places = Object.keys(definitions).map((name) => page.indexOf(`\n| \`${name}\` `));
  assertEquals(places, places.toSorted((a, b) => a - b));
});

Deno.test("the choices of metrics come from the table", () => {
  assertEquals(selectableMetrics, [
    "roc_auc",
    "pr_auc",
    "ap",
    "unsmoothed_auc",
    "unsmoothed_pr_auc",
    "unsmoothed_ap",
    "align_auc",
    "align_ap",
    "val_auc",
  ]);
  assertEquals(paperMetrics, ["roc_auc", "pr_auc", "ap"]);
  assertEquals(matrixMetrics, ["roc_auc", "ap", "abnormal_auc", "far_normal"]);
  assertEquals(selectableMetrics.filter(ofBranch), ["align_auc", "align_ap"]);
});

Deno.test("no two metrics have one title", () => {
  const titles = Object.values(metricTable).map(({ title }) => title);
  assertEquals(new Set(titles).size, titles.length);
});

Deno.test("inOrder() puts known metrics first, in the order of the table; metricTitle() knows them alone", () => {
  assertEquals(inOrder(["mine", "ap", "yours", "roc_auc"]), ["roc_auc", "ap", "mine", "yours"]);
  assertEquals(metricTitle("ap"), "AP");
  assertEquals(metricTitle("toString"), "toString");
  assert(!ofBranch("ap"));
});
