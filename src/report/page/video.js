// Curve and video in step: the place in the video is the one truth, both follow it.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const video = document.querySelector("video, audio");
const curve = byId("curve");
const plot = byId("plot");
const buttons = [...document.querySelectorAll(".events button")];

const { starts, ends, scores, segments, truth, threshold, duration } = data;
const [lowest, highest] = data.range;
let cursor = 0;

function timeCode(seconds, digits = 0) {
  const unit = 10 ** digits;
  const units = Math.round(Math.max(0, seconds) * unit);
  const whole = Math.floor(units / unit);
  const two = (value) => String(value).padStart(2, "0");
  const fraction = digits === 0 ? "" : `.${String(units % unit).padStart(digits, "0")}`;
  const clock = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}${fraction}`;
  return duration >= 3600 ? `${Math.floor(whole / 3600)}:${clock}` : clock;
}

function svg(name, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

// The score that holds at a time; -1 behind the last one.
function scoreAt(seconds) {
  let low = 0, high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle] <= seconds) low = middle;
    else high = middle - 1;
  }
  return seconds < ends[low] || low === starts.length - 1 && seconds <= duration ? low : -1;
}

const LEFT = 34, BOTTOM = 20, TOP = 6;
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
let head;
let place = () => 0;
let seconds = () => 0;

function draw() {
  const { width, height } = curve.getBoundingClientRect();
  const inner = Math.max(1, width - LEFT - 1);
  place = (time) => LEFT + inner * Math.min(1, Math.max(0, time / duration));
  seconds = (x) => duration * Math.min(1, Math.max(0, (x - LEFT) / inner));
  const y = (score) => TOP + (height - BOTTOM - TOP) * (highest - score) / (highest - lowest);
  const bottom = height - BOTTOM;
  const parts = [];
  const area = (start, end, name) =>
    parts.push(svg("rect", {
      x: place(start),
      y: TOP,
      width: Math.max(1, place(end) - place(start)),
      height: bottom - TOP,
      class: name,
    }));
  for (const [start, end] of truth) {
    area(start, end, "truth");
    // Stripes and a bar: the shade alone is too faint for many eyes.
    const [left, right] = [place(start), Math.max(place(start) + 1, place(end))];
    let stripes = `M${left} ${TOP + 2}H${right}`;
    for (let x = left - (bottom - TOP); x < right; x += 7) {
      const from = Math.max(x, left), to = Math.min(x + bottom - TOP, right);
      if (from < to) stripes += `M${from} ${bottom - (from - x)}L${to} ${bottom - (to - x)}`;
    }
    parts.push(svg("path", { d: stripes, class: "stripes" }));
  }
  for (const { start, end } of segments) area(start, end, "event");
  for (const value of [lowest, highest]) {
    parts.push(svg("path", { d: `M${LEFT} ${y(value)}H${width}`, class: "axis" }));
    const label = svg("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" });
    label.textContent = Number(value.toPrecision(2));
    parts.push(label);
  }
  const step = STEPS.find((size) => inner * size / duration >= 64) ?? duration;
  for (let time = 0; time <= duration; time += step) {
    const middle = time === 0 ? "start" : place(time) > width - 30 ? "end" : "middle";
    const label = svg("text", { x: place(time), y: height - 4, "text-anchor": middle });
    label.textContent = timeCode(time, step < 1 ? 1 : 0);
    parts.push(label);
  }
  parts.push(svg("path", { d: `M${LEFT} ${y(threshold)}H${width}`, class: "threshold" }));
  let d = "";
  scores.forEach((score, i) => {
    const joined = i > 0 && ends[i - 1] >= starts[i] - 1e-6;
    d += `${joined ? "L" : "M"}${place(starts[i]).toFixed(1)} ${y(score).toFixed(1)}`;
    d += `H${place(ends[i]).toFixed(1)}`;
  });
  parts.push(svg("path", { d, class: "score" }));
  const peak = scores.reduce((most, score, i) => score > scores[most] ? i : most, 0);
  parts.push(svg("circle", { cx: place(starts[peak]), cy: y(scores[peak]), r: 4, class: "peak" }));
  head = svg("path", { d: `M0 ${TOP}V${bottom}`, class: "playhead" });
  parts.push(head);
  plot.replaceChildren(...parts);
  show();
}

function show() {
  head?.setAttribute("transform", `translate(${place(cursor)} 0)`);
  const index = scoreAt(cursor);
  const score = index < 0 ? null : scores[index];
  const text = score === null ? "no score" : `score ${Number(score.toPrecision(4))}`;
  byId("now-time").textContent = `${timeCode(cursor, 1)} / ${timeCode(duration, 1)}`;
  byId("now-score").textContent = text;
  curve.setAttribute("aria-valuemax", duration.toFixed(1));
  curve.setAttribute("aria-valuenow", cursor.toFixed(1));
  curve.setAttribute("aria-valuetext", `${timeCode(cursor, 1)}, ${text}`);
  buttons.forEach((button, i) => {
    const inside = cursor >= segments[i].start && cursor < segments[i].end;
    button.setAttribute("aria-current", String(inside));
  });
}

function go(time) {
  cursor = Math.min(duration, Math.max(0, time));
  // A hair behind the edge, so that a frame's own time shows this frame.
  if (video && video.readyState > 0) video.currentTime = Math.min(cursor + 1e-3, video.duration);
  show();
}

function follow() {
  if (!video.seeking) cursor = Math.min(duration, video.currentTime);
  show();
  if (!video.paused && !video.ended) requestAnimationFrame(follow);
}

if (video) {
  video.addEventListener("play", () => requestAnimationFrame(follow));
  for (const event of ["timeupdate", "seeked", "pause", "ended"]) {
    video.addEventListener(event, () => {
      if (!video.seeking) cursor = Math.min(duration, video.currentTime);
      show();
    });
  }
  video.addEventListener("loadedmetadata", () => cursor > 0 && go(cursor));
  const broken = () => {
    const note = byId("unplayable");
    note.textContent =
      `"${data.source}" cannot be played here: it was moved, or this browser does ` +
      "not know its format. The curve and the segments below hold all the same. wsvad score " +
      "--embed puts a video into its page, and --overwrite makes the page anew.";
    note.hidden = false;
    video.hidden = true;
  };
  if (video.error) broken();
  video.addEventListener("error", broken);
}

let dragging = false;
const at = (event) => seconds(event.clientX - curve.getBoundingClientRect().left);
curve.addEventListener("pointerdown", (event) => {
  dragging = true;
  curve.setPointerCapture(event.pointerId);
  go(at(event));
});
curve.addEventListener("pointermove", (event) => dragging && go(at(event)));
for (const end of ["pointerup", "pointercancel"]) {
  curve.addEventListener(end, () => dragging = false);
}

buttons.forEach((button, i) => button.addEventListener("click", () => go(segments[i].peak)));

const inOrder = segments.map(({ start }) => start).sort((a, b) => a - b);
const byScore = (step) => {
  const index = Math.max(0, scoreAt(cursor)) + step;
  if (index >= 0 && index < starts.length) go(starts[index]);
};
const KEYS = {
  " ": () => video && (video.paused ? video.play() : video.pause()),
  ArrowLeft: () => go(cursor - 5),
  ArrowRight: () => go(cursor + 5),
  ",": () => byScore(-1),
  ".": () => byScore(1),
  n: () => go(inOrder.find((start) => start > cursor + 0.01) ?? cursor),
  p: () => go(inOrder.findLast((start) => start < cursor - 0.5) ?? inOrder[0] ?? 0),
  Home: () => go(0),
  End: () => go(duration),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // A button's own space, and the player's own keys, stay theirs.
  if (event.target === video) return;
  if (event.key === " " && event.target instanceof HTMLButtonElement) return;
  const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});

curve.rows = () => [
  ["start_seconds", "end_seconds", "score"],
  ...scores.map((score, i) => [starts[i], ends[i], score]),
];
new ResizeObserver(draw).observe(curve);
draw();
