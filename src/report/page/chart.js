// deno-lint-ignore-file no-unused-vars -- used by the scripts that follow
// Charts of a run report. Everything is in the page: the numbers in #data, uPlot before this script.
// The scripts beside this one follow it inside one function; they share its names.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const DASHES = [[], [], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4]];
const drawings = [];
const repaints = []; // what follows the threshold

const byId = (id) => document.getElementById(id);

function element(name, properties, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

function svg(name, attributes, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const fixed = (value) => value == null ? "\u2013" : value.toFixed(4);
const count = (value) => value.toLocaleString("en");

function brief(value) {
  if (value == null) return "\u2013";
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5)
    ? value.toExponential(2)
    : String(Number(value.toPrecision(4)));
}

function tick(value) {
  if (value == null) return "";
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e6)
    ? value.toExponential().replace("e+", "e")
    : String(Number(value.toPrecision(6)));
}

function timeCode(seconds, digits) {
  const units = Math.round(seconds * 10 ** digits);
  const whole = Math.floor(units / 10 ** digits);
  const two = (value) => String(value).padStart(2, "0");
  const fraction = digits === 0 ? "" : "." + String(units % 10 ** digits).padStart(digits, "0");
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}` +
    fraction;
}

// `spec()` gives { data, series: [{ name, line, dash?, path?, stepped?, points?, span? }], x, y,
// xName, below?, at, rest, label, pick?, above? }: called at every drawing, so that it may depend on controls and colours.
// `rest` is the entry that is read where none is pointed at, or one for each series. What comes back
// draws anew; its `renew()` takes over new data and keeps what is zoomed, hidden and focused.
function chart(figure, spec) {
  const stage = figure.querySelector(".stage");
  const legend = figure.querySelector(".legend");
  const spoken = element("p", { className: "unseen" });
  spoken.setAttribute("role", "status");
  figure.append(spoken);
  const off = new Set();
  let plot = null;
  let now = null;
  let values = [];
  let renames = [];
  let at = null;
  let zoomed = false;
  let chosen = null; // point chosen by keys; the nearest to the pointer counts otherwise

  const index = () => chosen ?? plot.cursor.idx;

  function read() {
    const rests = Array.isArray(now.rest) ? now.rest : now.series.map(() => now.rest);
    now.series.forEach((_, i) => {
      const shown = index() ?? rests[i];
      values[i].textContent = shown === null ? "" : now.read(now.data[i + 1][shown]);
    });
    const shown = index() ?? (Array.isArray(now.rest) ? null : now.rest);
    at.textContent = shown === null ? "" : now.at(shown);
  }

  function drawLegend(colour) {
    values = [];
    renames = [];
    at = element("span", { className: "at" });
    const entries = now.series.map((line, i) => {
      const swatch = svg(
        "svg",
        { viewBox: "0 0 20 12", "aria-hidden": "true" },
        svg("path", {
          d: "M0 6H20",
          stroke: colour(line.line),
          "stroke-width": i === 0 ? 2.5 : 2,
          "stroke-dasharray": (line.dash ?? []).join(" "),
        }),
      );
      values.push(element("span", { className: "value" }));
      const several = now.series.length > 1;
      const entry = element(
        several ? "button" : "span",
        { className: "entry" },
        swatch,
        line.name,
        values[i],
      );
      if (several) {
        entry.type = "button";
        entry.setAttribute("aria-pressed", String(!off.has(line.name)));
        entry.addEventListener("click", () => {
          const show = off.delete(line.name);
          if (!show) off.add(line.name);
          entry.setAttribute("aria-pressed", String(show));
          plot.setSeries(i + 1, { show });
        });
      }
      return entry;
    });
    for (const extra of now.keys ?? []) {
      const swatch = svg(
        "svg",
        { viewBox: "0 0 20 12", "aria-hidden": "true" },
        extra.draw(colour),
      );
      const name = element("span", {}, extra.name());
      renames.push(() => name.textContent = extra.name());
      entries.push(element("span", { className: "entry" }, swatch, name));
    }
    legend.replaceChildren(...entries, at);
  }

  function draw() {
    now = spec();
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const axis = {
      stroke: colour("muted"),
      grid: { stroke: colour("rule"), width: 1 },
      ticks: { show: false },
      font: `12px ${style.getPropertyValue("--sans")}`,
    };
    plot?.destroy();
    plot = null;
    chosen = null;
    zoomed = false;
    drawLegend(colour);
    plot = new uPlot(
      {
        width: stage.clientWidth,
        height: stage.clientHeight,
        padding: [8, 24, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          drag: { x: true, y: false },
          points: { size: 7, fill: (_, i) => colour(now.series[i - 1].line) },
          ...(now.pick ? { dataIdx: now.pick } : {}),
        },
        scales: { x: { time: false, ...now.x.scale }, y: { ...now.y.scale } },
        axes: [
          { ...axis, size: 30, gap: 4, grid: { show: false }, ...now.x.axis },
          { ...axis, size: 52, gap: 6, values: (_, splits) => splits.map(tick), ...now.y.axis },
        ],
        series: [
          {},
          ...now.series.map((line, i) => ({
            stroke: colour(line.line),
            width: i === 0 ? 1.75 : 1.5,
            dash: line.dash,
            paths: line.path,
            show: !off.has(line.name),
            spanGaps: line.span ?? false,
            points: { show: line.points ?? false, size: 6, fill: colour("paper") },
          })),
        ],
        hooks: {
          drawClear: [(u) => now.below?.(u, u.ctx, colour)],
          draw: [(u) => now.above?.(u, u.ctx, colour)],
          setCursor: [() => plot !== null && read()],
          setSelect: [(u) => zoomed = zoomed || u.select.width > 0],
        },
      },
      now.data,
      stage,
    );
    plot.over.addEventListener("dblclick", () => zoomed = false);
    stage.setAttribute("aria-label", `${now.label}. Arrow keys read the values.`);
    read();
  }

  function renew() {
    const names = ({ series }) => JSON.stringify(series.map(({ name, line }) => [name, line]));
    const next = spec();
    if (plot === null || names(next) !== names(now)) return draw();
    now = next;
    plot.setData(now.data, !zoomed);
    if (zoomed) plot.redraw();
    stage.setAttribute("aria-label", `${now.label}. Arrow keys read the values.`);
    read();
  }

  figure.drawing = () => ({ plot, now });
  stage.tabIndex = 0;
  stage.setAttribute("role", "group");
  stage.addEventListener("keydown", (event) => {
    const last = now.data[0].length - 1;
    const here = index() ?? (event.key === "ArrowLeft" ? last + 1 : -1);
    const jump = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last }[event.key];
    if (jump === undefined) return;
    event.preventDefault();
    chosen = Math.min(Math.max(jump, 0), last);
    plot.setCursor({ left: plot.valToPos(now.data[0][chosen], "x"), top: 10 });
    const said = now.series.map((line, i) => `${line.name} ${now.read(now.data[i + 1][chosen])}`);
    spoken.textContent = `${now.at(chosen)}: ${said.join(", ")}`;
  });
  stage.addEventListener("mousemove", () => chosen = null);
  stage.addEventListener("blur", () => {
    chosen = null;
    plot.setCursor({ left: -10, top: -10 });
  });
  new ResizeObserver(() => {
    const [width, height] = [stage.clientWidth, stage.clientHeight];
    if (width > 0 && (width !== plot.width || height !== plot.height)) {
      plot.setSize({ width, height });
    }
  }).observe(stage);
  draw();
  drawings.push(draw);
  repaints.push(() => {
    renames.forEach((rename) => rename());
    plot.redraw(false, false);
  });
  return Object.assign(draw, { renew });
}

const numbered = (series) =>
  series.map(({ name }, i) => ({
    name,
    line: `line-${i % DASHES.length + 1}`,
    dash: DASHES[i % DASHES.length],
  }));

// Stripes over a stretch of the plot: a shade alone is too faint for many eyes.
function hatch(ctx, left, top, width, height, colour) {
  const gap = 7 * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  // From one grid for all stretches, so that those side by side join.
  const first = Math.floor((left - height) / gap) * gap;
  for (let x = first; x < left + width; x += gap) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}

// A line across the plot from (x0, y0) to (x1, y1), in data units.
function guide(u, ctx, colour, [x0, y0], [x1, y1]) {
  const { left, top, width, height } = u.bbox;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(u.valToPos(x0, "x", true), u.valToPos(y0, "y", true));
  ctx.lineTo(u.valToPos(x1, "x", true), u.valToPos(y1, "y", true));
  ctx.stroke();
  ctx.restore();
}

const drawAll = () => drawings.forEach((draw) => draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  opened.forEach((details) => details.open = true);
  document.documentElement.classList.add("printing");
  drawAll();
});
addEventListener("afterprint", () => {
  opened.forEach((details) => details.open = false);
  document.documentElement.classList.remove("printing");
  drawAll();
});
