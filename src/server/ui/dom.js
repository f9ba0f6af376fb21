// Building the page, and how figures are written. Text is only ever set as text: whatever a table is
// called, it stays a name.

export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

export function show(element, ...children) {
  element.replaceChildren();
  append(element, children);
}

const drawing = "http://www.w3.org/2000/svg";

// A line over `values`, from the oldest to the newest.
export function chart(values, label) {
  const svg = document.createElementNS(drawing, "svg");
  svg.setAttribute("class", "chart");
  svg.setAttribute("viewBox", "0 0 100 100");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  const highest = Math.max(...values, 1);
  const x = (index) => (values.length === 1 ? index * 100 : (index / (values.length - 1)) * 100);
  const y = (value) => 96 - (value / highest) * 90;
  const drawn = values.length === 1 ? [values[0], values[0]] : values;
  const points = drawn.map((value, index) => `${x(index).toFixed(2)} ${y(value).toFixed(2)}`);
  for (const [name, path] of [["area", `M0 100 L${points.join(" L")} L100 100 Z`], ["line", `M${points.join(" L")}`]]) {
    const element = document.createElementNS(drawing, "path");
    element.setAttribute("class", name);
    element.setAttribute("d", path);
    svg.append(element);
  }
  return svg;
}

export function bar(share, bad) {
  const fill = h("div", {class: bad ? "bad-fill" : undefined, hidden: !(share > 0)});
  fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return h("div", {class: "bar"}, fill);
}

export function number(value) {
  return value === undefined || value === null || Number.isNaN(Number(value)) ? "–" : Number(value).toLocaleString("en");
}

export function bytes(value) {
  if (value === undefined || value === null || Number.isNaN(Number(value))) return "–";
  let size = Number(value);
  if (size < 1024) return `${size} B`;
  for (const unit of ["KiB", "MiB", "GiB", "TiB"]) {
    size /= 1024;
    if (size < 1024 || unit === "TiB") return `${size >= 100 ? size.toFixed(0) : size.toFixed(1)} ${unit}`;
  }
}

export function seconds(value) {
  if (value >= 90) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  if (value >= 1) return `${value.toFixed(value < 10 ? 2 : 1)} s`;
  if (value >= 0.001) return `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} ms`;
  return `${Math.round(value * 1e6)} µs`;
}

export function duration(value) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"]];
  for (const [size, unit] of parts) if (value >= size) return `${Math.floor(value / size)} ${unit}`;
  return `${Math.floor(value)} s`;
}

export function time(millis) {
  const date = new Date(millis);
  const text = date.toISOString();
  return h("time", {datetime: text, title: text}, ago(millis));
}

function ago(millis) {
  const past = (Date.now() - millis) / 1000;
  if (past < 5) return "now";
  if (past < 86400) return `${duration(past)} ago`;
  return new Date(millis).toISOString().replace("T", " ").slice(0, 16);
}

export function empty(title, text) {
  return h("div", {class: "empty"}, h("strong", {}, title), text);
}

export function failure(error) {
  return h("div", {class: "sheet failure", role: "alert"},
           h("div", {class: "body"}, h("strong", {}, error.status === 404 ? "Not here (any more)" : "That did not work"),
             h("p", {class: "soft"}, error.message)));
}

// `columns`: [title, cell(row), class].
export function table(columns, rows, rowClass) {
  return h("div", {class: "scroll"},
           h("table", {},
             h("thead", {}, h("tr", {}, columns.map(([title, , style]) => h("th", {class: style, scope: "col"}, title)))),
             h("tbody", {}, rows.map((row) => h("tr", {class: rowClass?.(row)},
                                               columns.map(([, cell, style]) => h("td", {class: style}, cell(row))))))));
}

export function sheet(title, right, ...children) {
  return h("section", {class: "sheet"}, h("header", {}, h("h2", {}, title), h("div", {class: "right"}, right)), children);
}

export function figures(list) {
  return h("div", {class: "figures"}, list.map(([label, value, more]) =>
    h("div", {}, h("div", {class: "label"}, label), h("div", {class: "value"}, value, more && h("small", {}, " ", more)))));
}
