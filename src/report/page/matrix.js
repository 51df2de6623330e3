// Rows sorted by a column, and grouped by the method or by a setting. Without a script they stand
// in the order of the grid.

for (const table of document.querySelectorAll("table.matrix")) {
  const body = table.tBodies[0];
  const rows = [...body.rows].map((element) => ({
    element,
    keys: JSON.parse(element.dataset.keys),
    values: [...element.cells].map((cell) =>
      cell.dataset.value === undefined ? cell.textContent : Number(cell.dataset.value)
    ),
  }));
  if (rows.length < 2) continue;
  let column = -1, descending = true, group = "";

  // Numbers by their value, "1e-4" too.
  const compare = (a, b) => {
    const difference = Number(a) - Number(b);
    return Number.isNaN(difference) ? String(a).localeCompare(String(b), "en") : difference;
  };
  // What has no value stands last, whatever the direction.
  const isNone = (value) => Number.isNaN(value);
  const inOrder = (a, b) => {
    if (column < 0) return 0;
    const [x, y] = [a.values[column], b.values[column]];
    if (isNone(x) || isNone(y)) return Number(isNone(x)) - Number(isNone(y));
    return compare(x, y) * (descending ? -1 : 1);
  };

  const arrange = () => {
    const sorted = rows.toSorted(inOrder);
    const groups = new Map();
    for (const row of sorted) {
      const name = group === "" ? "" : row.keys[group] ?? "as its recipe has it";
      groups.set(name, [...groups.get(name) ?? [], row]);
    }
    const names = group === "" ? [...groups.keys()] : [...groups.keys()].sort(compare);
    body.replaceChildren(...names.flatMap((name) => {
      const elements = groups.get(name).map(({ element }) => element);
      if (group === "") return elements;
      const heading = document.createElement("th");
      heading.colSpan = table.tHead.rows[0].cells.length;
      heading.scope = "rowgroup";
      const text = document.createElement("span");
      text.textContent = group === "method" ? name : `${group}=${name}`;
      heading.append(text);
      const line = document.createElement("tr");
      line.className = "group";
      line.append(heading);
      return [line, ...elements];
    }));
  };

  for (const [i, head] of [...table.tHead.rows[0].cells].entries()) {
    if (head.dataset.sort === undefined) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      descending = column === i ? !descending : head.dataset.sort === "down";
      column = i;
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      arrange();
    });
  }

  const keys = [...new Set(rows.flatMap(({ keys }) => Object.keys(keys)))].filter((key) =>
    new Set(rows.map((row) => row.keys[key])).size > 1
  );
  if (keys.length === 0) continue;
  const select = document.createElement("select");
  for (const [value, text] of [["", "not grouped"], ...keys.map((key) => [key, key])]) {
    select.append(new Option(text, value));
  }
  select.addEventListener("change", () => {
    group = select.value;
    arrange();
  });
  const label = document.createElement("label");
  label.className = "grouping";
  label.append("Group by ", select);
  table.closest(".scroll").before(label);
}
