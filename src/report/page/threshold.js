// deno-lint-ignore-file no-unused-vars -- used by the scripts that follow
// The threshold: a slider that the charts, points and tables of the page follow.

const operating = data.operating;
let entry = operating === null ? 0 : operating.start;
// The dashed line of the score curves; null where there is none.
const thresholdNow = () => operating === null ? data.threshold : operating.thresholds[entry];
const share = (part, whole) => whole > 0 ? part / whole : null;

// Rates at an entry of the slider.
function ratesAt(index) {
  const { totals, tp, fp } = operating;
  return {
    fpr: share(fp[index], totals.normalFrames),
    recall: share(tp[index], totals.anomalousFrames),
    precision: share(tp[index], tp[index] + fp[index]),
  };
}

function alarmRate(value) {
  if (value === null) return "\u2013";
  if (value === 0 || value >= 100) return count(Math.round(value));
  return value.toFixed(value < 10 ? 2 : 1);
}

function showThreshold() {
  const { totals, tp, fp, anomalousVideos, normalVideos, falseAlarms } = operating;
  const { fpr, recall, precision } = ratesAt(entry);
  const put = (id, text) => byId(id).textContent = text;
  const value = operating.thresholds[entry].toPrecision(4);
  put("threshold-value", value);
  put("threshold-precision", fixed(precision));
  put("threshold-recall", fixed(recall));
  put(
    "threshold-f1",
    totals.anomalousFrames === 0
      ? "\u2013"
      : fixed(2 * tp[entry] / (tp[entry] + fp[entry] + totals.anomalousFrames)),
  );
  put("threshold-hour", alarmRate(share(falseAlarms[entry], totals.normalHours)));
  put("threshold-each", alarmRate(share(falseAlarms[entry], totals.normalVideos)));
  put("threshold-fpr", fixed(fpr));
  const table = (id, found, alarmed, anomalous, normal) => {
    put(`${id}-tp`, count(found));
    put(`${id}-fp`, count(alarmed));
    put(`${id}-fn`, count(anomalous - found));
    put(`${id}-tn`, count(normal - alarmed));
  };
  table("frames", tp[entry], fp[entry], totals.anomalousFrames, totals.normalFrames);
  table(
    "videos",
    anomalousVideos[entry],
    normalVideos[entry],
    totals.anomalousVideos,
    totals.normalVideos,
  );
  const slider = byId("threshold-slider");
  slider.value = operating.thresholds.length - 1 - entry;
  slider.setAttribute("aria-valuetext", value);
  document.querySelectorAll("[data-entry]").forEach((button) => {
    button.setAttribute("aria-pressed", String(Number(button.dataset.entry) === entry));
  });
}

// A round mark at (x, y), in data units; full for the threshold that is set.
function spot(u, ctx, colour, x, y, full) {
  if (x === null || y === null) return;
  const radius = (full ? 5 : 4) * devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.arc(u.valToPos(x, "x", true), u.valToPos(y, "y", true), radius, 0, 2 * Math.PI);
  ctx.fillStyle = full ? colour("truth") : colour("paper");
  ctx.strokeStyle = colour("truth");
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}

// The marked rules and the threshold that is set, on a curve of rates.
function spots(u, ctx, colour, x, y) {
  if (operating === null) return;
  for (const { at } of operating.marks) {
    const rates = ratesAt(at);
    spot(u, ctx, colour, rates[x], rates[y], false);
  }
  const rates = ratesAt(entry);
  spot(u, ctx, colour, rates[x], rates[y], true);
}

if (operating !== null) {
  const slider = byId("threshold-slider");
  const set = (to) => {
    entry = to;
    showThreshold();
    repaints.forEach((repaint) => repaint());
  };
  // To the right the threshold rises.
  slider.addEventListener(
    "input",
    () => set(operating.thresholds.length - 1 - Number(slider.value)),
  );
  document.querySelectorAll("[data-entry]").forEach((button) =>
    button.addEventListener("click", () => set(Number(button.dataset.entry)))
  );
  showThreshold();

  const { edges, normal, anomalous } = operating.histogram;
  const log = byId("histogram-log");
  const held = (values) => {
    const shown = log.checked ? values.map((value) => value > 0 ? value : null) : values;
    return [...shown, shown[shown.length - 1]]; // the last bin holds until its end
  };
  const draw = chart(byId("histogram-chart"), () => ({
    data: [edges, held(normal), held(anomalous)],
    series: [
      { name: "normal frames", line: "score" },
      { name: "anomalous frames", line: "truth", dash: [7, 3] },
    ].map((line) => ({ ...line, path: uPlot.paths.stepped({ align: 1 }), stepped: true })),
    xName: "score",
    x: {
      scale: { range: (_, low, high) => [low, high] },
      axis: { values: (_, splits) => splits.map(tick) },
    },
    y: log.checked ? { scale: { distr: 3 }, axis: { splits: logTicks } } : {},
    below(u, ctx, colour) {
      const { min, max } = u.scales.y;
      guide(u, ctx, colour("muted"), [thresholdNow(), min], [thresholdNow(), max]);
    },
    read: (value) => value == null ? "\u2013" : `${(100 * value).toFixed(2)} %`,
    at: (index) => `score ${tick(edges[index])}\u2013${tick(edges[index + 1] ?? edges[index])}`,
    rest: null,
    label: "Shares of frames by score",
  }));
  log.addEventListener("change", draw);
}
