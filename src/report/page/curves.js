// Loss and metrics over steps, ROC and PR curves.

function kept(u, ctx, colour) {
  if (data.best === null) return;
  const { min, max } = u.scales.y;
  guide(u, ctx, colour("muted"), [data.best, min], [data.best, max]);
}

function stepChart(figure, { steps, series }, extra) {
  return chart(figure, () => ({
    data: [steps, ...series.map((line) => line.values)],
    series: numbered(series),
    x: stepAxis,
    xName: "step",
    below: kept,
    at: (index) => `step ${count(steps[index])}`,
    rest: steps.length - 1,
    ...extra(),
  }));
}

if (data.loss.steps.length > 0) {
  const log = byId("loss-log");
  const positive = data.loss.series.some(({ values }) => values.some((value) => value > 0));
  log.parentElement.hidden = !positive;
  const draw = stepChart(byId("loss-chart"), data.loss, () => ({
    data: [
      data.loss.steps,
      ...data.loss.series.map(({ values }) =>
        log.checked ? values.map((value) => value > 0 ? value : null) : values
      ),
    ],
    y: log.checked ? { scale: { distr: 3 }, axis: { splits: logTicks } } : {},
    read: brief,
    label: "Loss over steps",
  }));
  log.addEventListener("change", draw);
} else if (byId("loss-chart")) byId("loss-chart").hidden = true;

if (data.metrics.steps.length > 0) {
  stepChart(byId("metric-chart"), data.metrics, () => ({
    series: numbered(data.metrics.series).map((line) => ({
      ...line,
      points: data.metrics.steps.length <= 60,
    })),
    y: {},
    read: fixed,
    label: "Test metrics over steps",
  }));
  byId("metric-caption").textContent = data.best === null
    ? ""
    : `Dashed: step ${count(data.best)}, whose weights are kept.`;
} else if (byId("metric-chart")) byId("metric-chart").hidden = true;

const unit = {
  scale: { range: [-0.005, 1.005] },
  axis: { splits: () => [0, 0.2, 0.4, 0.6, 0.8, 1] },
};

function curveChart(figure, { x, y, thresholds }, names, from) {
  if (!figure || x.length === 0) return;
  chart(figure, () => ({
    data: [x, y],
    series: [{ name: names.y, line: "score" }],
    xName: names.x,
    x: { ...unit, axis: { ...unit.axis, values: (_, splits) => splits.map(tick) } },
    y: unit,
    below: (u, ctx, colour) => guide(u, ctx, colour("muted"), [0, from], [1, names.end(from)]),
    above: (u, ctx, colour) => spots(u, ctx, colour, names.rates[0], names.rates[1]),
    read: fixed,
    at: (index) =>
      `${names.x} ${fixed(x[index])}` +
      (thresholds[index] === null ? "" : ` \u00b7 above ${brief(thresholds[index])}`),
    rest: null,
    label: names.label,
  }));
}

curveChart(byId("roc-chart"), data.roc, {
  rates: ["fpr", "recall"],
  x: "False positive rate",
  y: "True positive rate",
  label: "ROC curve",
  end: () => 1,
}, 0);
curveChart(byId("pr-chart"), data.pr, {
  rates: ["recall", "precision"],
  x: "Recall",
  y: "Precision",
  label: "Precision over recall",
  end: (share) => share,
}, data.pr.y[data.pr.y.length - 1]);
