"use strict";
// Draws the diagram and lets it fold. The placement is that of placement.py, line by line; a test compares.
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const { boxes, values, sizes: S } = data;
const open = new Set(data.open);
const $ = (id) => document.getElementById(id);
const view = $("view"), world = $("world");

// --- Placement ---------------------------------------------------------------------------------
const rounded = (value) => String(Math.floor(value * 10 + 0.5) / 10 + 0);

function place(number) {
  const box = boxes[number];
  if (!box.plan || !open.has(number)) return folded(box);
  const children = box.children.map(place);
  return layOut(box, children);
}

function folded(box) {
  const placed = { box, width: box.width, height: box.height, axis: box.width / 2, exits: {}, entries: {} };
  const widths = box.makes.map((value) => values[value].width);
  let x = -(widths.reduce((sum, width) => sum + width, 0) + 8 * (widths.length - 1)) / 2;
  box.makes.forEach((value, i) => { placed.exits[value] = x + widths[i] / 2; x += widths[i] + 8; });
  return placed;
}

function layOut(box, children) {
  const plan = box.plan, count = children.length, outs = count + box.reads.length;
  const lefts = [], rights = [], heights = [];
  children.forEach((child, vertex) => {
    let left = child.axis, right = child.width - child.axis;
    for (const value of plan.labelled[vertex]) {
      const half = values[value].width / 2;
      left = Math.max(left, half - child.exits[value]);
      right = Math.max(right, half + child.exits[value]);
    }
    lefts.push(left); rights.push(right);
    heights.push(child.height + (plan.labelled[vertex].length ? S.label : 0));
  });
  for (let vertex = count; vertex < plan.rows.length; vertex++) {
    const half = vertex >= outs ? values[box.makes[vertex - outs]].width / 2 + 4 : S.lane;
    lefts.push(half); rights.push(half); heights.push(0);
  }
  // Columns, each at the nearest free place.
  const xs = plan.rows.map(() => 0), columns = [], taken = {}, put = new Set();
  const extent = (vertex) => (vertex === null ? [S.lane, S.lane] : [lefts[vertex], rights[vertex]]);
  const free = (cells, x, way) => {
    for (let moved = true; moved;) {
      moved = false;
      for (const [row, vertex] of cells) {
        const [left, right] = extent(vertex);
        for (const [start, end] of taken[row] || []) {
          if (x - left < end + S.apart - S.near && x + right > start - S.apart + S.near) {
            x = way > 0 ? end + S.apart + left : start - S.apart - right;
            moved = true;
          }
        }
      }
    }
    return x;
  };
  plan.columns.forEach(({ cells, anchors }, index) => {
    let x = 0;
    if (index) {
      const near = anchors.filter((vertex) => put.has(vertex)).map((vertex) => xs[vertex]);
      const anchor = near.length ? near.reduce((sum, each) => sum + each, 0) / near.length : 0;
      const right = free(cells, anchor, 1), left = free(cells, anchor, -1);
      const lane = cells.every(([, vertex]) => vertex === null);
      x = anchor - left + (lane ? S.rightwards : 1) < right - anchor ? left : right;
    }
    columns.push(x);
    for (const [row, vertex] of cells) {
      const [left, right] = extent(vertex);
      (taken[row] = taken[row] || []).push([x - left, x + right]);
      if (vertex !== null) { xs[vertex] = x; put.add(vertex); }
    }
  });
  // Where each way enters its target.
  const ways = plan.ways;
  const start = (i) => {
    const [value, source] = ways[i];
    return source < count ? xs[source] + children[source].exits[value] : xs[source];
  };
  const from = (i) => (ways[i][3] === null ? start(i) : columns[ways[i][3]]);
  const enter = ways.map(() => 0), into = children.map(() => []);
  ways.forEach((way, i) => { if (way[2] < count) into[way[2]].push(i); });
  into.forEach((indices, target) => {
    const child = children[target];
    if (child.open) { for (const i of indices) enter[i] = child.entries[ways[i][0]]; return; }
    if (indices.length === 1) return;
    const aside = indices.map((i) => [from(i) - xs[target], i]);
    const left = aside.filter(([x]) => x < -0.5).sort((a, b) => b[0] - a[0] || b[1] - a[1]);
    const right = aside.filter(([x]) => x > 0.5).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const step = Math.min(14, (child.width / 2 - 6) / Math.max(left.length, right.length, 1));
    left.forEach(([, i], k) => { enter[i] = -step * (k + 1); });
    right.forEach(([, i], k) => { enter[i] = step * (k + 1); });
  });
  // Rows.
  const rows = Math.max(...plan.rows) + 1;
  const tall = Array(rows).fill(0), aside = Array(rows).fill(0), ends = [];
  plan.rows.forEach((row, vertex) => { tall[row] = Math.max(tall[row], heights[vertex]); });
  ways.forEach(([, source, target, column], i) => {
    const a = start(i), b = xs[target] + enter[i], first = plan.rows[source], last = plan.rows[target];
    ends.push([a, b]);
    if (column === null || last === first + 1) aside[first] = Math.max(aside[first], Math.abs(b - a));
    else {
      aside[first] = Math.max(aside[first], Math.abs(columns[column] - a));
      aside[last - 1] = Math.max(aside[last - 1], Math.abs(b - columns[column]));
    }
  });
  let least = Infinity, most = -Infinity;
  xs.forEach((x, v) => { least = Math.min(least, x - lefts[v]); most = Math.max(most, x + rights[v]); });
  plan.columns.forEach(({ cells }, i) => {
    if (cells.some(([, vertex]) => vertex === null)) {
      least = Math.min(least, columns[i] - S.lane); most = Math.max(most, columns[i] + S.lane);
    }
  });
  const inner = box !== boxes[0], needed = most - least + 2 * S.side;
  const width = Math.max(needed, inner ? box.head : 0);
  const shift = S.side - least + (width - needed) / 2;
  const tops = [];
  let y = inner ? S.head : S.side;
  for (let row = 0; row < rows; row++) {
    tops.push(y);
    y += tall[row];
    if (row < rows - 1) y += row === 0 && !box.reads.length && !inner ? 0 : S.gap + Math.min(44, aside[row] * 0.16);
  }
  const height = y + (box.makes.length ? 0 : S.side);
  const placed = { box, width, height, axis: shift, open: true, children, paths: [], labels: [], entries: {}, exits: {} };
  const bottoms = tops.map((top, row) => top + tall[row]);
  children.forEach((child, vertex) => {
    const row = plan.rows[vertex];
    child.x = xs[vertex] + shift - child.axis;
    child.y = tops[row] + (tall[row] - heights[vertex]) / 2;
    for (const value of child.box.makes) {
      if (plan.labelled[vertex].includes(value)) {
        placed.labels.push([value, xs[vertex] + child.exits[value] + shift, child.y + child.height + S.label / 2 + 1]);
      }
    }
  });
  box.reads.forEach((value, i) => { placed.entries[value] = xs[count + i]; });
  box.makes.forEach((value, i) => { placed.exits[value] = xs[outs + i]; });
  ways.forEach(([value, source, target, column], i) => {
    let a = ends[i][0] + shift;
    const b = ends[i][1] + shift, first = plan.rows[source], last = plan.rows[target];
    const bottom = source < count ? children[source].y + children[source].height : tops[plan.rows[source]];
    let text = `M${rounded(a)} ${rounded(bottom)}V${rounded(bottoms[first])}`;
    if (column !== null && last > first + 1) {
      const middle = columns[column] + shift;
      text += turn(a, bottoms[first], middle, tops[first + 1]) + `V${rounded(bottoms[last - 1])}`;
      a = middle;
    }
    text += turn(a, bottoms[last - 1], b, tops[last]);
    const leaf = target < count, end = leaf ? children[target].y : height;
    placed.paths.push([value, `${text}V${rounded(end)}`, leaf, b, end]);
  });
  return placed;
}

function turn(x, y, end, below) {
  if (Math.abs(end - x) < 0.05) return `V${rounded(below)}`;
  const middle = rounded((y + below) / 2);
  return `C${rounded(x)} ${middle} ${rounded(end)} ${middle} ${rounded(end)} ${rounded(below)}`;
}

// --- Drawing -----------------------------------------------------------------------------------
const make = (tag, attributes, text) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};
const html = (tag, text, name) => {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (name) node.className = name;
  return node;
};

let placed, chosen = null, hits = new Set(), order = [], spots = new Map();

function draw() {
  placed = place(0);
  order = []; spots = new Map();
  world.replaceChildren(...inside(placed, 0, 0, 0));
  mark();
}

function inside(parent, level, dx, dy) {
  const parts = [];
  for (const [value, path, leaf, x, y] of parent.paths) {
    parts.push(make("path", { class: "way", d: path, "data-value": value }));
    if (leaf) parts.push(make("path", { class: "tip", d: `M${rounded(x - 4)} ${rounded(y - 6)}h8l-4 6z`, "data-value": value }));
  }
  for (const child of parent.children) parts.push(drawn(child, level, dx + child.x, dy + child.y));
  for (const [value, x, y] of parent.labels) {
    const width = values[value].width - 4;
    parts.push(make("rect", { class: "back", x: x - width / 2, y: y - 7, width, height: 14 }));
    parts.push(make("text", { class: "label", x, y: y + 3.5 }, values[value].label));
  }
  return parts;
}

function drawn(child, level, x, y) {
  const { box, width, height } = child;
  const state = child.open ? `open ${level % 2 ? "even" : "odd"}` : box.plan ? "folded" : "";
  const group = make("g", {
    class: `box ${box.family} ${state}${box.plan ? " can" : ""}`, transform: `translate(${rounded(child.x)} ${rounded(child.y)})`,
    role: "treeitem", tabindex: box.number === (chosen ?? 1) ? 0 : -1, "aria-level": level + 1,
    "aria-label": [box.name, box.text, box.count && `${box.count} parameters`].filter(Boolean).join(", "),
    "data-number": box.number,
  });
  if (box.plan) group.setAttribute("aria-expanded", String(Boolean(child.open)));
  order.push(box.number);
  spots.set(box.number, { x, y, width, height, group });
  const pill = box.kind === "input" || box.kind === "output";
  if (box.plan && !child.open) group.append(make("rect", { class: "behind", x: 4, y: 4, rx: 6, width, height }));
  group.append(make("rect", { class: "frame", rx: child.open ? 8 : pill ? 14 : 6, width, height }));
  if (pill) group.append(make("text", { class: "name", x: width / 2, y: 18.5, "text-anchor": "middle" }, box.name));
  else {
    const top = box.plan ? 32 : 12;
    group.append(make("text", { class: "name", x: top, y: 18 }, box.name));
    if (box.text) group.append(make("text", child.open ? { class: "text", x: box.aside + 20, y: 18 } : { class: "text", x: 12, y: 35 }, box.text));
    if (box.count) group.append(make("text", { class: "count", x: width - 12, y: 18 }, box.count));
  }
  if (box.plan) {
    group.append(make("path", { class: "sign", d: child.open ? "M13 13.5h10" : "M13 13.5h10M18 8.5v10" }));
  }
  if (child.open) group.append(...inside(child, level + 1, x, y));
  return group;
}

function mark() {
  for (const [number, { group }] of spots) {
    group.classList.toggle("chosen", number === chosen);
    group.classList.toggle("hit", hits.has(number));
  }
  const box = chosen === null ? null : boxes[chosen];
  const lit = new Set(box ? [...box.reads, ...box.makes] : []);
  for (const line of world.querySelectorAll("[data-value]")) line.classList.toggle("lit", lit.has(Number(line.dataset.value)));
}

// --- The view ----------------------------------------------------------------------------------
let scale = 1, tx = 0, ty = 0;
const shown = () => world.setAttribute("transform", `translate(${tx} ${ty}) scale(${scale})`);
const area = () => view.getBoundingClientRect();
function zoom(factor, x = area().width / 2, y = area().height / 2) {
  const next = Math.min(4, Math.max(0.02, scale * factor));
  tx = x - ((x - tx) * next) / scale; ty = y - ((y - ty) * next) / scale; scale = next;
  shown();
}
function fit(whole) {
  const { width, height } = area();
  scale = Math.min(1, (width - 24) / placed.width, whole ? (height - 24) / placed.height : 1);
  tx = (width - placed.width * scale) / 2; ty = Math.max(8, whole ? (height - placed.height * scale) / 2 : 8);
  shown();
}
function reveal(number) {
  const spot = spots.get(number), { width, height } = area();
  if (!spot) return;
  const x = spot.x * scale + tx, y = spot.y * scale + ty;
  if (x < 20 || x + spot.width * scale > width - 20) tx += width / 2 - x - (spot.width * scale) / 2;
  if (y < 20 || y + Math.min(spot.height * scale, height - 40) > height - 20) ty += height / 3 - y;
  shown();
}

// --- Folding and choosing ----------------------------------------------------------------------
function toggle(number) {
  const before = spots.get(number);
  open.has(number) ? open.delete(number) : open.add(number);
  draw();
  const after = spots.get(number);
  // What was pointed at stays where it was.
  if (before && after) { tx += (before.x + before.width / 2 - after.x - after.width / 2) * scale; ty += (before.y - after.y) * scale; shown(); }
}
function levels(change) {
  const depth = (number) => { let n = 0; for (let b = boxes[number]; b.parent !== null; b = boxes[b.parent]) n++; return n; };
  const now = Math.max(...[...open].map(depth));
  const next = Math.max(0, change === null ? 0 : now + change);
  const most = boxes.filter((box) => box.plan && depth(box.number) <= next);
  open.clear();
  for (const box of most) open.add(box.number);
  open.add(0);
  draw(); fit(false);
}
function choose(number, { focus = true } = {}) {
  chosen = number;
  for (let box = boxes[number]; box.parent !== null; box = boxes[box.parent]) open.add(box.parent);
  if (!spots.has(number)) draw(); else mark();
  for (const [each, { group }] of spots) group.setAttribute("tabindex", each === number ? 0 : -1);
  if (focus) spots.get(number).group.focus({ preventScroll: true });
  reveal(number);
  details(boxes[number]);
}
function details(box) {
  const panel = $("details"), list = (title, pairs) => {
    if (!pairs.length) return;
    const terms = html("dl");
    for (const [name, text] of pairs) terms.append(html("dt", name), html("dd", text));
    panel.append(html("h3", title), terms);
  };
  panel.replaceChildren();
  if (!box) {
    panel.append(html("h2", data.name), html("p", data.doc || ""));
    list("Network", data.facts);
    const hint = html("p", undefined, "hint");
    hint.append("Click a block to open or fold it. ", html("kbd", "←"), " ", html("kbd", "→"), " fold and unfold, ", html("kbd", "↑"), " ", html("kbd", "↓"),
      " walk, ", html("kbd", "/"), " searches, ", html("kbd", "["), " ", html("kbd", "]"), " change the level, ", html("kbd", "+"), " ", html("kbd", "-"), " ", html("kbd", "0"), " zoom.");
    panel.append(hint);
    return;
  }
  panel.append(html("h2", box.path || box.name));
  panel.append(html("code", box.call));
  list("Arguments", box.arguments);
  list("In", box.reads.map((value) => [values[value].from, values[value].full]));
  list("Out", box.makes.map((value, i) => [box.makes.length > 1 ? String(i) : "", values[value].full]));
  list("Tensors", box.tensors);
  list("Costs", box.costs);
  if (box.places.length) panel.append(html("h3", "In the spec"));
  for (const [what, path, line, text] of box.places) {
    panel.append(html("small", `${what} at ${path}:${line}`), html("pre", text));
  }
}

// --- Hands -------------------------------------------------------------------------------------
const under = (event) => { const group = event.target.closest(".box"); return group ? Number(group.dataset.number) : null; };
let drag = null;
view.addEventListener("pointerdown", (event) => { drag = { x: event.clientX, y: event.clientY, tx, ty, moved: false }; });
window.addEventListener("pointermove", (event) => {
  if (!drag) return;
  const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
  if (Math.hypot(dx, dy) > 4) { drag.moved = true; view.classList.add("drag"); }
  if (drag.moved) { tx = drag.tx + dx; ty = drag.ty + dy; shown(); }
});
window.addEventListener("pointerup", () => { view.classList.remove("drag"); setTimeout(() => { drag = null; }); });
view.addEventListener("click", (event) => {
  if (drag && drag.moved) return;
  const number = under(event);
  if (number === null) { chosen = null; mark(); details(null); return; }
  const box = boxes[number];
  chosen = number;
  if (box.plan) toggle(number);
  choose(number);
});
view.addEventListener("wheel", (event) => {
  event.preventDefault();
  const { left, top } = area();
  if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY * 0.01), event.clientX - left, event.clientY - top);
  else { tx -= event.deltaX; ty -= event.deltaY; shown(); }
}, { passive: false });
view.addEventListener("keydown", (event) => {
  const number = under(event);
  if (number === null || event.ctrlKey || event.metaKey || event.altKey) return;
  const box = boxes[number], at = order.indexOf(number);
  const go = (next) => { if (next !== undefined && next !== 0) choose(next); };
  switch (event.key) {
    case "ArrowDown": go(order[at + 1]); break;
    case "ArrowUp": go(order[at - 1]); break;
    case "ArrowRight": if (box.plan && !open.has(number)) { toggle(number); choose(number); } else if (box.plan) go(box.children[0]); break;
    case "ArrowLeft": if (box.plan && open.has(number)) { toggle(number); choose(number); } else go(box.parent); break;
    case "Home": go(order[0]); break;
    case "End": go(order[order.length - 1]); break;
    case "Enter": case " ": if (box.plan) toggle(number); choose(number); break;
    default: return;
  }
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
  const does = { "/": () => $("search").focus(), "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(0.8), 0: () => fit(true), "[": () => levels(-1), "]": () => levels(1) }[event.key];
  if (does) { event.preventDefault(); does(); }
});
$("in").onclick = () => zoom(1.25);
$("out").onclick = () => zoom(0.8);
$("fit").onclick = () => fit(true);
$("fold").onclick = () => levels(null);
$("less").onclick = () => levels(-1);
$("more").onclick = () => levels(1);

// --- Search ------------------------------------------------------------------------------------
const search = $("search"), found = $("found");
let at = 0;
function look() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const list = words.length ? boxes.filter((box) => box.number && words.every((word) => `${box.path} ${box.name} ${box.call}`.toLowerCase().includes(word))) : [];
  const inName = (box) => words.every((word) => `${box.path} ${box.name}`.toLowerCase().includes(word));
  list.sort((a, b) => inName(b) - inName(a) || a.number - b.number);
  hits = new Set(list.map((box) => box.number));
  at = 0;
  found.replaceChildren(...list.slice(0, 100).map((box) => {
    const item = html("li", box.path || box.name);
    item.setAttribute("role", "option");
    item.append(" ", html("small", box.call));
    item.onclick = () => { choose(box.number); };
    return item;
  }));
  if (words.length && !list.length) found.append(html("li", "Nothing found"));
  found.hidden = !words.length;
  search.setAttribute("aria-expanded", String(!found.hidden));
  pick(0); mark();
}
function pick(change) {
  const items = [...found.querySelectorAll("[role=option]")];
  at = Math.max(0, Math.min(items.length - 1, at + change));
  items.forEach((item, i) => item.setAttribute("aria-selected", String(i === at)));
  if (change && items[at]) items[at].scrollIntoView({ block: "nearest" });
  return items[at];
}
search.addEventListener("input", look);
search.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") pick(1);
  else if (event.key === "ArrowUp") pick(-1);
  else if (event.key === "Enter") { const item = pick(0); if (item) { item.click(); found.hidden = true; } }
  else if (event.key === "Escape") { search.value = ""; look(); search.blur(); }
  else return;
  event.preventDefault();
});
search.addEventListener("blur", () => setTimeout(() => { found.hidden = true; search.setAttribute("aria-expanded", "false"); }, 150));
search.addEventListener("focus", () => { if (search.value) look(); });

draw(); fit(false); details(null);
window.netspec = { open, draw, toggle, levels, choose, placed: () => placed };
})();
