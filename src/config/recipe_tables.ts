/** Tables in Markdown of what the recipes in configs/runner are: parts, training, numbers. */

import { EMBEDDED } from "./embedded.ts";
import { markdownTable } from "./markdown_table.ts";
import { resolveConfig } from "./resolve_config.ts";
import type { OptimizerConfig, ResolvedConfig, SlotCatalog } from "./schema/index.ts";

type Recipe = [name: string, config: ResolvedConfig];

function slotRows(recipes: Recipe[]): string[][] {
  return recipes.map(([name, { runner }]) => [
    link(name),
    code(runner.encoder.name),
    code(runner.head.name),
    [...(runner.branch ? [runner.branch] : []), ...runner.branches]
      .map((branch) => code(branch.name)).join(", "),
    runner.loss.map((term) => `${weightOf(term.weight)}${code(term.name)}`).join(" + "),
  ]);
}

function weightOf(weight: number): string {
  return weight === 1 ? "" : `${short(weight)} `;
}

function trainingRows(recipes: Recipe[]): string[][] {
  return recipes.map(([name, { data, runner, trainer }]) => [
    link(name),
    `${data.batch_size} + ${data.batch_size}${data.train_crops === "each" ? ", a crop each" : ""}`,
    `${data.segments}, ${data.reduce}`,
    trainer.loop === "epochs" ? `${trainer.max_epochs} epochs` : `${trainer.max_steps} steps`,
    [runner.optimizer, ...runner.optimizer_groups.map((group) => group.optimizer)]
      .map(optimizerText).join("; "),
    runner.schedule.name,
    runner.grad_clip_norm === null ? "" : String(runner.grad_clip_norm),
  ]);
}

function optimizerText(optimizer: OptimizerConfig): string {
  const decay = "weight_decay" in optimizer ? optimizer.weight_decay : 0;
  return `${optimizer.name} ${short(optimizer.lr)}${decay > 0 ? `, decay ${short(decay)}` : ""}`;
}

function publishedRows(recipes: Recipe[]): string[][] {
  return recipes.flatMap(([name, { runner }]) =>
    runner.published.map(({ by, data, metric, percent, features }) => [
      link(name),
      data,
      code(metric),
      percent.toFixed(2),
      by === "paper" ? "paper" : by,
      features,
    ])
  );
}

const TABLES: Record<string, { head: string[]; rows: (recipes: Recipe[]) => string[][] }> = {
  slots: { head: ["runner", "encoder", "head", "branches", "loss"], rows: slotRows },
  training: {
    head: ["runner", "videos a batch", "segments", "length", "optimiser", "schedule", "clipping"],
    rows: trainingRows,
  },
  published: {
    head: ["runner", "data", "metric", "%", "by", "features, and what else was special"],
    rows: publishedRows,
  },
};

const code = (name: string) => `\`${name}\``;
const link = (name: string) => `[\`${name}\`](methods/${name}.md)`;

/** 0.00008 as 8e-5. */
function short(value: number): string {
  return value !== 0 && Math.abs(value) < 0.01 ? value.toExponential() : String(value);
}

const BLOCK = /(<!-- recipes: (\w+) -->\n)(.*?)(<!-- end of recipes -->)/gs;

/** A page below docs/ with the tables between its `<!-- recipes: NAME -->` marks made anew. */
export function withRecipes(page: string, catalog: SlotCatalog): string {
  const recipes = Object.keys(EMBEDDED.runner).map((name): Recipe => [
    name,
    resolveConfig({ overrides: [`runner=${name}`], catalog, environment: () => undefined }),
  ]);
  return page.replaceAll(BLOCK, (_, open: string, name: string, _old, close: string) => {
    const { head, rows } = TABLES[name];
    return `${open}\n${markdownTable([head, ...rows(recipes)])}\n\n${close}`;
  });
}
