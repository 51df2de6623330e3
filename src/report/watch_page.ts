/** The live page of runs: it asks its own server for what has changed, and nothing else. */

import uPlotScript from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import uPlotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import chartScript from "./page/chart.js" with { type: "text" };
import chartsStyle from "./page/charts.css" with { type: "text" };
import mediaStyle from "./page/media.css" with { type: "text" };
import pageStyle from "./page/page.css" with { type: "text" };
import saveScript from "./page/save.js" with { type: "text" };
import stepsScript from "./page/steps.js" with { type: "text" };
import tablesStyle from "./page/tables.css" with { type: "text" };
import watchScript from "./page/watch.js" with { type: "text" };
import watchStyle from "./page/watch.css" with { type: "text" };
import watchTemplate from "./page/watch.html" with { type: "text" };

import { metricTitle, paperMetrics } from "../metrics/metric_table.ts";
import { fillTemplate, jsonForScript, Markup } from "./markup.ts";
import { pageHead } from "./page_head.ts";

const STYLES = [uPlotStyle, pageStyle, tablesStyle, chartsStyle, mediaStyle, watchStyle];
const SCRIPTS = [chartScript, stepsScript, watchScript, saveScript];

/** Renders the page; runs come over its connection. */
export function renderWatchPage(): string {
  const titles = Object.fromEntries(paperMetrics.map((name) => [name, metricTitle(name)]));
  return fillTemplate(watchTemplate, {
    head: pageHead({ title: "Runs", styles: STYLES, loads: "its server" }),
    data: new Markup(
      `<script type="application/json" id="data">${jsonForScript({ titles })}</script>`,
    ),
    scripts: new Markup(`<script>\n${uPlotScript}\n(() => {\n${SCRIPTS.join("")}})();</script>`),
  });
}
