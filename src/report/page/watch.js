// The live page: runs as the server tells of them, in a table and over each other in two charts.

const MOST_LINES = DASHES.length;
const BYTES = ["bytes", "kB", "MB", "GB", "TB"];
const runs = new Map(); // by folder
const rows = new Map(); // by folder: the row's parts
const picked = new Map(); // by folder: whether the user has put it into the charts, or taken it out
let order = [];
let asked = [];
let connected = false;

function size(bytes) {
  if (bytes === null) return "\u2013";
  const power = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${BYTES[power]}`;
}

function lasting(seconds) {
  if (seconds === null) return "\u2013";
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, "0")} min`;
  return minutes > 0 ? `${minutes} min ${String(whole % 60).padStart(2, "0")} s` : `${whole} s`;
}

// Runs in the charts: those picked, else those that run, else the first.
function drawn() {
  const known = order.filter((folder) => runs.has(folder) && runs.get(folder).state !== "damaged");
  const wanted = known.filter((folder) => picked.get(folder) === true);
  const rest = known.filter((folder) => !picked.has(folder));
  const running = rest.filter((folder) => runs.get(folder).state === "running");
  const own = wanted.length > 0 || picked.size > 0 ? wanted : [];
  const all = [...own, ...running];
  return (all.length > 0 || picked.size > 0 ? all : rest.slice(0, 1)).slice(0, MOST_LINES);
}

function rowOf(folder) {
  const cell = (name) => {
    const td = element("td", {});
    td.dataset.name = name;
    return td;
  };
  const box = element("input", { type: "checkbox" });
  box.addEventListener("change", () => {
    for (const shown of drawn()) picked.set(shown, true);
    picked.set(folder, box.checked);
    show();
  });
  const swatch = svg("svg", { viewBox: "0 0 20 12", class: "swatch", "aria-hidden": "true" });
  const name = element("span", { title: folder }, nameOf(folder));
  const about = element("span", { className: "spread" });
  const head = element(
    "th",
    { scope: "row" },
    element("label", {}, box, swatch, element("span", {}, name, about)),
  );
  const cells = ["State", "Step", "Loss", "ROC-AUC", "Videos/s", "Peak memory", "Time left"].map(
    cell,
  );
  const fault = element("td", { className: "fault", colSpan: 7, hidden: true });
  // The last cell of a row ends at the edge of the table.
  return { row: element("tr", {}, head, fault, ...cells), box, swatch, about, cells, fault };
}

// Within the one folder that was asked for, the rest of the path tells them apart.
function nameOf(folder) {
  const [root] = asked;
  const within = asked.length === 1 && folder.startsWith(root) && folder.length > root.length;
  return within ? folder.slice(root.length).replace(/^[/\\]+/, "") : folder;
}

const spread = (text) => element("span", { className: "spread" }, text);

function fill(parts, run, line) {
  const [state, step, loss, auc, rate, memory, left] = parts.cells;
  parts.box.checked = line >= 0;
  parts.box.disabled = run.state === "damaged" ||
    (line < 0 && drawn().length >= MOST_LINES);
  parts.swatch.replaceChildren(
    ...(line < 0 ? [] : [svg("path", {
      d: "M0 6H20",
      "stroke-width": 2,
      "stroke-dasharray": DASHES[line].join(" "),
      style: `stroke: var(--line-${line + 1})`,
    })]),
  );
  const seed = run.state === "damaged" ? "" : `, seed ${run.seed}`;
  const device = run.device === null ? "" : `; ${run.device}`;
  parts.about.textContent = `${run.runner}${run.data ? ` on ${run.data}` : ""}${seed}${device}`;
  parts.row.className = run.state;
  for (const cell of parts.cells) cell.hidden = run.state === "damaged";
  parts.fault.hidden = run.state !== "damaged";
  parts.fault.textContent = run.fault ?? "";
  state.className = "state";
  state.replaceChildren(
    element("span", {}, run.state),
    spread(
      run.grown === null ? "" : `${lasting(Math.max(0, (Date.now() - run.grown) / 1000))} ago`,
    ),
  );
  step.replaceChildren(
    run.of === null ? count(run.step) : `${count(run.step)} of ${count(run.of)}`,
    ...(run.of === null || run.state === "finished" ? [] : [
      Object.assign(element("progress", { max: run.of, value: run.step }), {
        ariaLabel: "Steps done",
      }),
    ]),
  );
  loss.replaceChildren(brief(run.loss), spread(run.lr === null ? "" : `rate ${brief(run.lr)}`));
  auc.replaceChildren(
    ...(run.auc === null
      ? ["\u2013"]
      : [fixed(run.auc.last), spread(`best ${fixed(run.auc.best)}`)]),
  );
  rate.textContent = run.videosPerSecond === null ? "\u2013" : brief(run.videosPerSecond);
  memory.textContent = size(run.memoryPeakBytes);
  left.replaceChildren(
    run.state === "running" ? lasting(run.secondsLeft) : "\u2013",
    spread(run.seconds > 0 ? `${lasting(run.seconds)} so far` : ""),
  );
}

// Several lines over the steps of all of them.
function joined(lines) {
  if (lines.length === 0) return [[]];
  if (lines.length === 1) return [lines[0].steps, ...lines[0].series.map(({ values }) => values)];
  return uPlot.join(lines.map(({ steps, series }) => [steps, ...series.map((one) => one.values)]));
}

const lastOf = (values) => {
  const last = values.findLastIndex((value) => value != null);
  return last < 0 ? null : last;
};

// What a chart shows: of one run all its lines, of several the first of each, under their names.
function lines(which, name) {
  const shown = drawn().filter((folder) => runs.get(folder)[which].steps.length > 0);
  if (shown.length === 1 && drawn().length === 1) {
    const { steps, series } = runs.get(shown[0])[which];
    return [{ steps, series: series.map((one) => ({ ...one, name: name(one.name) })) }];
  }
  return drawn().flatMap((folder) => {
    const { steps, series } = runs.get(folder)[which];
    return series.length === 0
      ? []
      : [{ steps, series: [{ ...series[0], name: nameOf(folder) }], folder }];
  });
}

function specOf(which, label, name, extra) {
  return () => {
    const found = lines(which, name);
    const several = found.some(({ folder }) => folder !== undefined);
    const table = joined(found);
    const series = found.flatMap(({ series, folder }) =>
      series.map((one) => ({ ...one, at: folder === undefined ? -1 : drawn().indexOf(folder) }))
    );
    const own = numbered(series).map((line, i) => ({
      ...line,
      ...(several ? { line: `line-${series[i].at + 1}`, dash: DASHES[series[i].at] } : {}),
      span: true,
      points: table[0].length <= 60,
    }));
    const spec = {
      data: table,
      series: own,
      x: stepAxis,
      xName: "step",
      at: (index) => `step ${count(table[0][index])}`,
      label: `${label} over steps`,
      ...extra(),
    };
    if (spec.shown) spec.data = [table[0], ...table.slice(1).map(spec.shown)];
    return { ...spec, rest: spec.data.slice(1).map(lastOf) };
  };
}

const log = byId("loss-log");
const charts = [];

function showCharts() {
  const any = drawn().some((folder) => runs.get(folder).lossChart.steps.length > 0);
  byId("training").hidden = !any;
  if (!any) return;
  byId("metric-chart").hidden = !drawn().some((folder) =>
    runs.get(folder).metricChart.steps.length > 0
  );
  byId("metric-title").textContent = drawn().length > 1 ? "ROC-AUC" : "Test metrics";
  if (charts.length > 0) return charts.forEach((draw) => draw.renew());
  const loss = chart(
    byId("loss-chart"),
    specOf("lossChart", "Loss", (name) => name, () => ({
      read: brief,
      y: log.checked ? { scale: { distr: 3 }, axis: { splits: logTicks } } : {},
      shown: log.checked
        ? (values) => values.map((value) => value > 0 ? value : null)
        : (values) => values,
    })),
  );
  log.addEventListener("change", loss);
  const metrics = chart(
    byId("metric-chart"),
    specOf("metricChart", "Test metrics", (name) => data.titles[name] ?? name, () => ({
      read: fixed,
      y: {},
    })),
  );
  charts.push(loss, metrics);
}

function show() {
  const body = byId("run-rows");
  const shown = drawn();
  for (const folder of order) {
    if (!runs.has(folder)) continue;
    if (!rows.has(folder)) rows.set(folder, rowOf(folder));
    fill(rows.get(folder), runs.get(folder), shown.indexOf(folder));
  }
  for (const [folder, { row }] of rows) {
    if (order.includes(folder)) continue;
    row.remove();
    rows.delete(folder);
  }
  // A row that is put in its place again would lose the focus within.
  order.filter((folder) => rows.has(folder)).forEach((folder, i) => {
    const { row } = rows.get(folder);
    if (body.children[i] !== row) body.insertBefore(row, body.children[i] ?? null);
  });
  byId("runs").hidden = rows.size === 0;
  showCharts();
  tell();
}

function tell() {
  const all = [...runs.values()];
  const running = all.filter(({ state }) => state === "running");
  const standing = byId("standing");
  standing.classList.toggle("lost", !connected);
  const text = !connected
    ? "No connection: wsvad watch has ended, or this page is from an earlier one. Trying again."
    : all.length === 0
    ? `No run in ${asked.join(", ")} yet: waiting`
    : `${running.length} running, ${all.length - running.length} not`;
  if (standing.textContent !== text) standing.textContent = text;
  document.title = running.length === 1
    ? `${running[0].of ? Math.floor(100 * running[0].step / running[0].of) : 0} % ${
      nameOf(running[0].folder)
    }`
    : `${running.length} running`;
}

let due = false;
function showSoon() {
  if (due) return;
  due = true;
  // Not at the next drawing: a page in the background has none, and its title tells too.
  setTimeout(() => {
    due = false;
    show();
  }, 50);
}

const source = new EventSource("events");
source.addEventListener("order", ({ data: text }) => {
  const told = JSON.parse(text);
  connected = true;
  order = told.folders;
  asked = told.asked;
  for (const folder of runs.keys()) if (!order.includes(folder)) runs.delete(folder);
  byId("left-out").textContent = told.found > order.length
    ? `${count(told.found)} runs; shown are the ${count(order.length)} that grew last.`
    : "";
  showSoon();
});
source.addEventListener("run", ({ data: text }) => {
  const run = JSON.parse(text);
  runs.set(run.folder, run);
  showSoon();
});
source.addEventListener("error", () => {
  connected = false;
  showSoon();
});
// How long ago a run told something.
setInterval(() => {
  for (const [folder, parts] of rows) {
    const run = runs.get(folder);
    if (run !== undefined) fill(parts, run, drawn().indexOf(folder));
  }
}, 5000);
tell();
