/** Lines over one axis as SVG of a page: no script, printable, in the colours of the page. */

import type { Curve } from "../metrics/evaluation.ts";
import { valueTicks } from "./axis_ticks.ts";
import { element, jsonForScript, Markup } from "./markup.ts";

export interface LineChart {
  label: string;
  lines: { name: string; curve: Curve }[];
  /** Both axes from 0 to 1. */
  unit?: boolean;
  /** A value holds until the next one. */
  stepped?: boolean;
  /** Stretches of x that are shaded. */
  shaded?: readonly (readonly [number, number])[];
  height?: number;
  /** Text of a tick of x. */
  xText?: (x: number) => string;
}

const WIDTH = 560;
const HEIGHT = 320;
const [LEFT, RIGHT, TOP, BOTTOM] = [52, WIDTH - 12, 10, 26];
const POINT_RADIUS = 3;
/** Distance of the stripes over ground truth. */
const STRIPE = 8;
/** As the charts of a run have them. */
const DASHES = ["", "7 3", "2 3", "9 3 2 3", "4 2", "12 4"];

/** Class of the line of a run: its colour. */
function lineClass(i: number): string {
  return `line-${i % 6 + 2}`;
}

/** Dashes of the line of a run; more runs than colours differ in them. */
function dashesOf(i: number): string {
  return DASHES[i % DASHES.length];
}

/** A piece of the line of a run, for the key of its charts. */
export function swatch(i: number): Markup {
  return element(
    "svg",
    { viewBox: "0 0 32 12", "aria-hidden": "true" },
    element("path", {
      d: "M0 6H32",
      class: `line ${lineClass(i)}`,
      "stroke-dasharray": dashesOf(i) || null,
    }),
  );
}

/** The numbers of a chart, a row a point, for its CSV: which line, x, y. */
export function chartRows({ lines }: Pick<LineChart, "lines">, x: string, y: string): Markup {
  const rows = lines.flatMap(({ name, curve }) => curve.x.map((at, i) => [name, at, curve.y[i]]));
  const json = jsonForScript([["run", x, y], ...rows]);
  return new Markup(`<script type="application/json">${json}</script>`);
}

/** Draws the chart; nothing where no line has a point. */
export function lineChart(chart: LineChart): Markup | null {
  const { lines, unit = false, height = HEIGHT } = chart;
  const points = lines.filter(({ curve }) => curve.x.length > 0);
  if (points.length === 0) return null;
  const xs = unit ? [0, 1] : ends(points.map(({ curve }) => curve.x));
  const ys = unit ? [0, 1] : ends(points.map(({ curve }) => curve.y));
  const yTicks = valueTicks(ys[0], ys[1], 5);
  const xTicks = valueTicks(xs[0], xs[1], 5).filter((tick) => tick >= xs[0] && tick <= xs[1]);
  const [low, high] = [yTicks[0], yTicks[yTicks.length - 1]];
  const round = (value: number) => Number(value.toFixed(1));
  const x = (value: number) =>
    round(LEFT + (RIGHT - LEFT) * (value - xs[0]) / (xs[1] - xs[0] || 1));
  const y = (value: number) =>
    round(TOP + (height - BOTTOM - TOP) * (high - value) / (high - low || 1));
  const pathOf = ({ x: at, y: values }: Curve) =>
    at.map((value, i) =>
      i === 0
        ? `M${x(value)} ${y(values[i])}`
        : chart.stepped
        ? `H${x(value)}V${y(values[i])}`
        : `L${x(value)} ${y(values[i])}`
    ).join("");
  return element(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": chart.label, class: "chart" },
    (chart.shaded ?? []).map(([from, to]) => {
      const left = x(Math.max(from, xs[0]));
      const width = Math.max(1, round(x(Math.min(to, xs[1])) - left));
      return [
        element("rect", { x: left, y: TOP, width, height: height - TOP - BOTTOM, class: "shade" }),
        element("path", { d: stripes(left, left + width, height - BOTTOM), class: "stripes" }),
      ];
    }),
    yTicks.map((tick) => [
      element("path", { d: `M${LEFT} ${y(tick)}H${RIGHT}`, class: "grid" }),
      element("text", { x: LEFT - 8, y: y(tick) + 4, class: "end" }, tick),
    ]),
    xTicks.map((tick) =>
      element(
        "text",
        { x: x(tick), y: height - 6, class: "middle" },
        chart.xText ? chart.xText(tick) : tick.toLocaleString("en"),
      )
    ),
    lines.map(({ curve }, i) => {
      const style = `line ${lineClass(i)}`;
      if (curve.x.length === 0) return null;
      if (curve.x.length === 1) { // a single evaluation is no line
        return element("circle", {
          cx: x(curve.x[0]),
          cy: y(curve.y[0]),
          r: POINT_RADIUS,
          class: style,
        });
      }
      const dashes = dashesOf(i) || null;
      return element("path", { d: pathOf(curve), class: style, "stroke-dasharray": dashes });
    }),
  );
}

/** A bar above and stripes below it: a shade alone is too faint for many eyes. */
function stripes(left: number, right: number, bottom: number): string {
  const high = bottom - TOP;
  const round = (value: number) => Number(value.toFixed(1));
  let d = `M${left} ${TOP + 1}H${round(right)}`;
  for (let x = left - high; x < right; x += STRIPE) {
    const [from, to] = [Math.max(x, left), Math.min(x + high, right)];
    if (from < to) {
      d += `M${round(from)} ${round(bottom - from + x)}L${round(to)} ${round(bottom - to + x)}`;
    }
  }
  return d;
}

function ends(values: number[][]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const list of values) {
    for (const value of list) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return [low, high];
}
