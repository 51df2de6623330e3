// Charts and tables of a page as files: PNG, SVG and CSV, made from what the page shows.
// A figure whose chart is drawn on a canvas brings `figure.drawing`, from chart.js.

const SVG = "http://www.w3.org/2000/svg";

function shape(name, attributes, ...children) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

const field = (value) => {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
const csv = (rows) => rows.map((row) => row.map(field).join(",") + "\r\n").join("");

// What of an element's look must be in the file, where no style sheet is.
const LOOK = [
  ...["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "text-anchor"],
  "vector-effect",
];
const FONT = ["font-family", "font-size", "font-weight"];

function withLook(from, to) {
  const style = getComputedStyle(from);
  for (const name of [...LOOK, ...(from.localName === "text" ? FONT : [])]) {
    const value = style.getPropertyValue(name);
    if (value !== "" && !value.startsWith("url(")) to.setAttribute(name, value);
  }
  to.removeAttribute("class");
  to.removeAttribute("style");
  [...from.children].forEach((child, i) => withLook(child, to.children[i]));
  return to;
}

function textNode(text, x, y, style) {
  return shape("text", {
    x: x.toFixed(1),
    y: y.toFixed(1),
    fill: style.color,
    "font-family": style.fontFamily,
    "font-size": style.fontSize,
    "font-weight": style.fontWeight,
  }, text);
}

// The lines of text within an element, as they are broken on the page.
function linesOf(node) {
  const lines = [];
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { currentNode: text } = walker;
    const range = document.createRange();
    for (const { index, 0: word } of text.data.matchAll(/\S+\s*/g)) {
      range.setStart(text, index);
      range.setEnd(text, index + word.trimEnd().length);
      const box = range.getBoundingClientRect();
      if (box.width === 0) continue;
      const last = lines.at(-1);
      if (last?.text === text && Math.abs(last.box.top - box.top) < 2) {
        last.said += ` ${word.trim()}`;
      } else {lines.push({
          text,
          box,
          said: word.trim(),
          style: getComputedStyle(text.parentElement),
        });}
    }
  }
  return lines;
}

// Text, rules, dots and small pictures of an element, at their places.
function picture(node, origin) {
  const parts = [];
  for (const { box, said, style } of linesOf(node)) {
    const size = parseFloat(style.fontSize);
    const base = box.top + (box.height + size * 0.72) / 2;
    parts.push(textNode(said, box.left - origin.left, base - origin.top, style));
  }
  for (const one of node.querySelectorAll("svg")) {
    const box = one.getBoundingClientRect();
    if (box.width === 0) continue;
    const copy = withLook(one, one.cloneNode(true));
    for (
      const [key, value] of [
        ["x", box.left - origin.left],
        ["y", box.top - origin.top],
        ["width", box.width],
        ["height", box.height],
      ]
    ) copy.setAttribute(key, value.toFixed(1));
    parts.push(copy);
  }
  for (const dot of node.querySelectorAll(".dot")) {
    const box = dot.getBoundingClientRect();
    const style = getComputedStyle(dot);
    if (box.width === 0) continue;
    parts.push(shape("circle", {
      cx: (box.left + box.width / 2 - origin.left).toFixed(1),
      cy: (box.top + box.height / 2 - origin.top).toFixed(1),
      r: box.width / 2 - 1,
      fill: style.backgroundColor,
      stroke: style.borderTopColor,
      "stroke-width": 2,
    }));
  }
  return parts;
}

function whole(width, height, title, ...children) {
  const root = getComputedStyle(document.body);
  const paper = shape("rect", { width, height, fill: root.backgroundColor });
  return shape(
    "svg",
    { xmlns: SVG, viewBox: `0 0 ${width} ${height}`, width, height },
    shape("title", {}, title),
    paper,
    ...children,
  );
}

const MARGIN = 12;

function tableSvg(table, title) {
  const box = table.getBoundingClientRect();
  const origin = { left: box.left - MARGIN, top: box.top - MARGIN };
  const rules = [...table.querySelectorAll("tr")].flatMap((row) => {
    const { bottom, height } = row.getBoundingClientRect();
    return height === 0 ? [] : [shape("path", {
      d: `M${MARGIN} ${(bottom - origin.top).toFixed(1)}H${(MARGIN + box.width).toFixed(1)}`,
      stroke: getComputedStyle(document.documentElement).getPropertyValue("--rule").trim(),
    })];
  });
  const [width, height] = [Math.ceil(box.width + 2 * MARGIN), Math.ceil(box.height + 2 * MARGIN)];
  return whole(width, height, title, ...rules, ...picture(table, origin));
}

function tableCsv(table) {
  const rows = [...table.rows].map((row) =>
    [...row.cells].filter((cell) => cell.getAttribute("aria-hidden") !== "true").flatMap((cell) => {
      // Parts on lines of their own are words of their own.
      const copy = cell.cloneNode(true);
      copy.querySelectorAll(".files").forEach((links) => links.remove());
      copy.querySelectorAll("span, br").forEach((part) => part.before(" "));
      const text = copy.textContent.replace(/\s+/g, " ").trim().replace(/\u2212/g, "-");
      return [/^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(",", "") : text];
    })
  );
  return csv(rows);
}

// A context as a canvas has it, as far as the marks of our charts use one.
function recorder(parts) {
  const kept = [];
  let path = "";
  let clip = null;
  const context = {
    strokeStyle: "#000",
    fillStyle: "#000",
    lineWidth: 1,
    dash: [],
    save() {
      kept.push([{ ...context }, clip]);
    },
    restore() {
      const [state, before] = kept.pop();
      Object.assign(context, state);
      clip = before;
    },
    setLineDash(dash) {
      context.dash = dash;
    },
    beginPath() {
      path = "";
    },
    moveTo(x, y) {
      path += `M${x.toFixed(1)} ${y.toFixed(1)}`;
    },
    lineTo(x, y) {
      path += `L${x.toFixed(1)} ${y.toFixed(1)}`;
    },
    rect(x, y, width, height) {
      path += `M${x.toFixed(1)} ${y.toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}h${
        (-width).toFixed(1)
      }z`;
    },
    arc(x, y, r) {
      path += `M${(x - r).toFixed(1)} ${y.toFixed(1)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${
        -2 * r
      } 0z`;
    },
    clip() {
      const id = `clip${recorder.count = (recorder.count ?? 0) + 1}`;
      parts.push(shape("clipPath", { id }, shape("path", { d: path })));
      clip = `url(#${id})`;
    },
    add(attributes) {
      parts.push(shape("path", { fill: "none", "clip-path": clip, ...attributes }));
    },
    stroke() {
      context.add({
        d: path,
        stroke: context.strokeStyle,
        "stroke-width": context.lineWidth,
        "stroke-dasharray": context.dash.join(" ") || null,
      });
    },
    fill() {
      context.add({ d: path, fill: context.fillStyle });
    },
    fillRect(x, y, width, height) {
      const before = path;
      path = "";
      context.rect(x, y, width, height);
      context.fill();
      path = before;
    },
  };
  return context;
}

function plotSvg(figure, title) {
  const { plot, now } = figure.drawing();
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const box = figure.getBoundingClientRect();
  const stage = figure.querySelector(".stage").getBoundingClientRect();
  const origin = { left: box.left - MARGIN, top: box.top - MARGIN };
  const ratio = devicePixelRatio;
  const { left, top, width, height } = plot.bbox;
  const layer = shape("g", {
    transform: `translate(${(stage.left - origin.left).toFixed(1)} ${
      (stage.top - origin.top).toFixed(1)
    }) scale(${1 / ratio})`,
  });
  const parts = [];
  const context = recorder(parts);
  now.below?.(plot, context, colour);
  const tickText = (x, y, anchor, said) =>
    shape("text", {
      ...{ x: x.toFixed(1), y: y.toFixed(1), "text-anchor": anchor, fill: colour("muted") },
      ...{ "font-family": style.getPropertyValue("--sans").trim(), "font-size": 12 * ratio },
    }, said);
  const [xAxis, yAxis] = plot.axes;
  (yAxis._splits ?? []).forEach((value, i) => {
    const y = plot.valToPos(value, "y", true);
    if (value === null || y < top - 1 || y > top + height + 1) return;
    const d = `M${left} ${y.toFixed(1)}h${width}`;
    parts.push(shape("path", { d, stroke: colour("rule"), "stroke-width": ratio }));
    parts.push(tickText(left - 6 * ratio, y + 4 * ratio, "end", yAxis._values?.[i] ?? ""));
  });
  (xAxis._splits ?? []).forEach((value, i) => {
    const x = plot.valToPos(value, "x", true);
    if (value === null || x < left - 1 || x > left + width + 1) return;
    const y = top + height + 16 * ratio;
    parts.push(tickText(x, y, "middle", xAxis._values?.[i] ?? ""));
  });
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  now.series.forEach((line, i) => {
    if (!plot.series[i + 1].show) return;
    context.beginPath();
    let before = null;
    now.data[i + 1].forEach((value, at) => {
      if (value === null || value === undefined) {
        if (!line.span) before = null;
        return;
      }
      const x = plot.valToPos(now.data[0][at], "x", true);
      const y = plot.valToPos(value, "y", true);
      if (before === null) context.moveTo(x, y);
      else if (line.stepped) context.lineTo(x, before);
      context.lineTo(x, y);
      before = y;
    });
    context.strokeStyle = colour(line.line);
    context.lineWidth = (i === 0 ? 1.75 : 1.5) * ratio;
    context.setLineDash((line.dash ?? []).map((length) => length * ratio));
    context.stroke();
  });
  context.restore();
  now.above?.(plot, context, colour);
  layer.append(...parts);
  const words = [".legend", "h3", "figcaption > p"].flatMap((name) =>
    [...figure.querySelectorAll(name)].flatMap((node) => picture(node, origin))
  );
  const wide = Math.ceil(box.width + 2 * MARGIN);
  const caption = figure.querySelector("figcaption");
  const below = caption?.querySelector("p") ? caption.getBoundingClientRect().bottom : stage.bottom;
  return whole(wide, Math.ceil(below - origin.top + MARGIN), title, layer, ...words);
}

function plotCsv(figure) {
  const { now } = figure.drawing();
  const head = [now.xName ?? "x", ...now.series.map(({ name }) => name)];
  return csv([head, ...now.data[0].map((x, i) => [x, ...now.data.slice(1).map((y) => y[i])])]);
}

function inlineSvg(figure, title) {
  const chart = figure.querySelector("svg.chart");
  const [, , width, height] = chart.getAttribute("viewBox").split(" ").map(Number);
  const copy = withLook(chart, chart.cloneNode(true));
  for (const [key, value] of Object.entries({ x: 0, y: 28, width, height })) {
    copy.setAttribute(key, value);
  }
  const style = getComputedStyle(figure.querySelector("h3") ?? figure);
  return whole(width, height + 28, title, textNode(title, 12, 19, style), copy);
}

const inlineCsv = (figure) =>
  csv(JSON.parse(figure.querySelector("script[type='application/json']").textContent));

const asText = (drawing) => new XMLSerializer().serializeToString(drawing);

// Twice as many pixels as on the page.
async function asPng(drawing) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(asText(drawing))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = 2 * drawing.getAttribute("width");
  canvas.height = 2 * drawing.getAttribute("height");
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const fileName = (text) =>
  text.normalize("NFKD").replace(/[^\p{L}\p{N}.]+/gu, "-").replace(/^[-.]+|-+$/g, "").slice(
    0,
    80,
  ) ||
  "chart";

function offer(after, titleOf, svgOf, csvOf) {
  const line = document.createElement("p");
  line.className = "save";
  line.append("Save ");
  const makers = {
    PNG: async () => await asPng(svgOf(titleOf())),
    SVG: () => new Blob([asText(svgOf(titleOf()))], { type: "image/svg+xml" }),
    CSV: () => new Blob([csvOf()], { type: "text/csv" }),
  };
  for (const [form, make] of Object.entries(makers)) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = form;
    button.addEventListener("pointerenter", () => button.title = `${titleOf()} as ${form}`);
    button.setAttribute("aria-label", `Save ${titleOf()} as ${form}`);
    button.addEventListener("click", async () => {
      const blob = await make();
      download(blob, `${fileName(`${document.title} ${titleOf()}`)}.${form.toLowerCase()}`);
    });
    line.append(button, " ");
  }
  after(line);
}

for (const figure of document.querySelectorAll("main figure")) {
  const titleOf = () => figure.querySelector("h3")?.textContent ?? "chart";
  const after = (line) => figure.append(line);
  if (figure.querySelector(".stage")) {
    offer(after, titleOf, (title) => plotSvg(figure, title), () => plotCsv(figure));
  } else if (figure.querySelector("svg.chart")) {
    offer(after, titleOf, (title) => inlineSvg(figure, title), () => inlineCsv(figure));
  }
}
for (const curve of document.querySelectorAll("main #curve")) {
  const svgOf = (title) => {
    const { width, height } = curve.getBoundingClientRect();
    const plot = curve.querySelector("svg");
    const copy = withLook(plot, plot.cloneNode(true));
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    return whole(Math.ceil(width), Math.ceil(height), title, copy);
  };
  offer((line) => curve.after(line), () => "Scores", svgOf, () => csv(curve.rows()));
}
for (const table of document.querySelectorAll("main table")) {
  const scroll = table.closest(".scroll");
  const titleOf = () =>
    table.caption?.textContent ?? scroll?.getAttribute("aria-label") ??
      table.closest("section")?.querySelector("h2")?.textContent ?? "table";
  const after = (line) => {
    if (scroll !== null) return scroll.after(line);
    const box = document.createElement("div");
    table.replaceWith(box);
    box.append(table, line);
  };
  offer(after, titleOf, (title) => tableSvg(table, title), () => tableCsv(table));
}
