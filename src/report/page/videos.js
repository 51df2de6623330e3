// Score curves of the test videos, and the list to choose from.

const videos = data.videos.map((video) => {
  const frames = Array.isArray(video.x) ? video.x : video.y.map((_, i) => i * video.x);
  return {
    ...video,
    starts: frames,
    // The last score holds until the end.
    times: [...frames, video.end].map((frame) => frame / data.fps),
    values: [...video.y, video.y[video.y.length - 1]],
  };
});

const isTruth = (video, frame) => video.truth.some(([start, end]) => frame >= start && frame < end);

const ORDERS = {
  worst: (a, b) => (a.separation ?? 2) - (b.separation ?? 2),
  best: (a, b) => (b.separation ?? -1) - (a.separation ?? -1),
  class: (a, b) => a.className.localeCompare(b.className) || a.id.localeCompare(b.id),
  longest: (a, b) => b.frames - a.frames,
};

const TIME_STEPS = [
  ...[0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900],
  ...[1800, 3600, 7200, 10800, 21600, 43200, 86400],
];

function scoreRange() {
  if (data.threshold !== null) return [0, 1];
  let [low, high] = [Infinity, -Infinity];
  for (const { y, given } of videos) {
    for (const value of given ? [...y, ...given] : y) {
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low < high ? [low, high] : [low - 0.5, low + 0.5];
}
const [lowest, highest] = scoreRange();

// The row's small picture: the highest score of each of 60 parts of the video.
function spark(video) {
  const parts = 60;
  const tops = new Array(parts).fill(null);
  video.starts.forEach((start, i) => {
    const end = video.starts[i + 1] ?? video.end;
    if (video.y[i] === null) return;
    const first = Math.floor(start / video.frames * parts);
    const last = Math.min(parts - 1, Math.ceil(end / video.frames * parts) - 1);
    for (let part = first; part <= last; part++) {
      tops[part] = Math.max(tops[part] ?? -Infinity, video.y[i]);
    }
  });
  const y = (value) => (20 * (highest - value) / (highest - lowest)).toFixed(1);
  let d = "";
  tops.forEach((value, part) => {
    if (value !== null) {
      d += `${d && tops[part - 1] !== null ? "L" : "M"}${part + 0.5} ${y(value)}`;
    }
  });
  return svg(
    "svg",
    { viewBox: "0 0 60 20", preserveAspectRatio: "none", "aria-hidden": "true" },
    ...video.truth.map(([start, end]) =>
      svg("rect", {
        x: start / video.frames * parts,
        width: Math.max((end - start) / video.frames * parts, 1),
        height: 20,
        fill: "var(--shade)",
      })
    ),
    svg("path", {
      d,
      fill: "none",
      stroke: "var(--score)",
      "stroke-width": 1.25,
      "vector-effect": "non-scaling-stroke",
    }),
  );
}

function showVideos() {
  const list = byId("video-list");
  const rows = videos.map((video, index) => {
    const input = element("input", {
      type: "radio",
      name: "video",
      value: index,
      className: "unseen",
    });
    const name = element("span", { className: "id", title: video.id }, video.id);
    const number = element(
      "span",
      { className: "number" },
      video.separation?.toFixed(3) ?? "\u2013",
    );
    return element(
      "label",
      {},
      element(
        "span",
        { className: "id" },
        input,
        name,
        element("br"),
        element("span", {
          className: "class",
          textContent: video.className,
        }),
      ),
      spark(video),
      number,
    );
  });
  const chooser = byId("chooser");
  const order = byId("video-order");
  const find = byId("video-find");
  let shown = videos[0];

  function arrange() {
    const sorted = videos.map((_, i) => i).sort((a, b) =>
      ORDERS[order.value](videos[a], videos[b]) || a - b
    );
    list.append(...sorted.map((i) => rows[i]));
    return sorted[0];
  }

  function filter() {
    const wanted = find.value.trim().toLowerCase();
    let found = 0;
    videos.forEach((video, i) => {
      const match = `${video.id} ${video.className}`.toLowerCase().includes(wanted);
      rows[i].hidden = !match;
      found += match ? 1 : 0;
    });
    byId("video-count").textContent = wanted === ""
      ? `${count(videos.length)} videos`
      : `${count(found)} of ${count(videos.length)} videos`;
  }

  function caption() {
    const time = (frame) => timeCode(frame / data.fps, 1);
    const { peak, truth } = shown;
    const lines = [
      `${shown.className}, ${count(shown.frames)} frames, ${time(shown.frames)}. ` +
      (truth.length === 0
        ? "No anomaly in the ground truth."
        : `Anomalous: ${
          truth.map(([start, end]) => `${time(start)}\u2013${time(end)}`).join(", ")
        }.`),
      `Highest score ${fixed(peak.score)} at ${time(peak.frame)}` +
      (truth.length > 0
        ? (isTruth(shown, peak.frame) ? ", inside the ground truth" : ", outside the ground truth")
        : "") +
      `. Separation ${shown.separation?.toFixed(3) ?? "undefined"}.`,
    ];
    if (data.spread === "segments") {
      lines.push(
        "A score stands for a segment. By the official bounds the last clip of 16 frames is in no " +
          "segment: it counts with score 0.",
      );
    }
    if (shown.y.length < shown.points) {
      lines.push(
        `${count(shown.points)} points drawn as ${count(shown.y.length)}; the extremes are kept.`,
      );
    }
    byId("video-caption").replaceChildren(...lines.map((line) => element("p", {}, line)));
  }

  function choose(index) {
    shown = videos[index];
    rows[index].querySelector("input").checked = true;
    byId("video-name").textContent = shown.id;
    caption();
  }

  choose(arrange());
  filter();

  const draw = chart(byId("video-chart"), () => {
    const hours = shown.frames / data.fps >= 3600;
    const long = (seconds, digits) => {
      const text = timeCode(seconds, digits);
      return hours ? text : text.replace(/^0:0?/, "");
    };
    return {
      data: [shown.times, shown.values, ...(shown.given ? [shown.given] : [])],
      series: [
        { name: shown.given ? "smoothed score" : "score", line: "score" },
        ...(shown.given ? [{ name: "as the model gave it", line: "muted", dash: [2, 2] }] : []),
      ].map((line) => ({ ...line, path: uPlot.paths.stepped({ align: 1 }), stepped: true })),
      xName: "seconds",
      keys: [
        {
          name: () => "ground truth",
          draw: (colour) =>
            svg(
              "g",
              {},
              svg("rect", { y: 0, width: 20, height: 12, fill: colour("shade") }),
              svg("path", {
                d: "M0 12L9 3M8 12L17 3M16 12L20 8",
                stroke: colour("truth"),
                "stroke-width": 1,
              }),
              svg("rect", { y: 0, width: 20, height: 3, fill: colour("truth") }),
            ),
        },
        {
          name: () => "highest score",
          draw: (colour) =>
            svg("circle", {
              cx: 10,
              cy: 6,
              r: 4,
              fill: colour("paper"),
              stroke: colour("truth"),
              "stroke-width": 1.5,
            }),
        },
        ...(thresholdNow() === null ? [] : [{
          name: () => `threshold ${brief(thresholdNow())}`,
          draw: (colour) =>
            svg("path", { d: "M0 6H20", stroke: colour("muted"), "stroke-dasharray": "5 4" }),
        }]),
      ],
      x: {
        scale: { range: (_, low, high) => low === high ? [0, 1] : [low, high] },
        axis: {
          space: 72,
          incrs: TIME_STEPS,
          values: (_, splits, __, ___, step) =>
            splits.map((seconds) => long(seconds, step >= 1 ? 0 : step >= 0.1 ? 1 : 2)),
        },
      },
      y: data.threshold === null
        ? {
          scale: {
            range: [lowest - 0.02 * (highest - lowest), highest + 0.02 * (highest - lowest)],
          },
        }
        : { scale: { range: [-0.01, 1.01] }, axis: unit.axis },
      below(u, ctx, colour) {
        const { left, top, width, height } = u.bbox;
        ctx.save();
        for (const [start, end] of shown.truth) {
          const from = Math.max(u.valToPos(start / data.fps, "x", true), left);
          const to = Math.min(u.valToPos(end / data.fps, "x", true), left + width);
          if (to > left && from < left + width) {
            const wide = Math.max(to - from, 2);
            ctx.fillStyle = colour("shade");
            ctx.fillRect(from, top, wide, height);
            hatch(ctx, from, top, wide, height, colour("truth"));
            ctx.fillStyle = colour("truth");
            ctx.fillRect(from, top, wide, 4 * devicePixelRatio);
          }
        }
        ctx.restore();
        if (thresholdNow() !== null) {
          const { min, max } = u.scales.x;
          guide(u, ctx, colour("muted"), [min, thresholdNow()], [max, thresholdNow()]);
        }
      },
      above(u, ctx, colour) {
        const { score, frame } = shown.peak;
        const at = frame / data.fps;
        if (at >= u.scales.x.min && at <= u.scales.x.max) {
          spot(u, ctx, colour, at, score, false);
        }
      },
      // The step under the cursor, not the nearest edge.
      pick: (u, _, index, x) => index > 0 && u.data[0][index] > x ? index - 1 : index,
      read: fixed,
      at(index) {
        const frame = shown.starts[index] ?? shown.end;
        return `${timeCode(frame / data.fps, 1)} \u00b7 frame ${count(frame)}`;
      },
      rest: null,
      label: `Scores of ${shown.id} over time`,
    };
  });

  list.addEventListener("change", (event) => {
    choose(Number(event.target.value));
    draw();
  });
  order.addEventListener("change", () => {
    choose(arrange());
    list.scrollTop = 0;
    draw();
  });
  find.addEventListener("input", filter);
  chooser.addEventListener("submit", (event) => event.preventDefault());
}

if (videos.length > 0) showVideos();
