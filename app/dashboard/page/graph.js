// An architecture's graph as a picture: one drawing for each of its cells.
import { h, svg } from "./dom.js";
import { short } from "./format.js";

const NODE = { width: 108, height: 30 };
const TONES = 10;
const GAP = { x: 24, y: 14 };

/** The cells of a graph as the server laid them out: `{architecture_id, cells: [{name, layers, rows, nodes, edges}]}`. */
export function drawing(graph) {
  return h("div", { class: "graphs" }, ...graph.cells.map((cell) => figure(cell, graph.cells.length > 1)));
}

function figure(cell, named) {
  const width = cell.layers * (NODE.width + GAP.x) - GAP.x + 12;
  const height = cell.rows * (NODE.height + GAP.y) + GAP.y;
  const at = ({ x, y }) => [
    NODE.width / 2 + 6 + x * (width - NODE.width - 12),
    NODE.height / 2 + 6 + y * (height - NODE.height - 12),
  ];
  const places = cell.nodes.map(at);
  const edges = cell.edges.map((edge) => svg("path", { d: path(places[edge.from], edge.via.map(([x, y]) => at({ x, y })), places[edge.to]), class: "edge" }));
  const nodes = cell.nodes.map((node, i) => vertex(node.operation, places[i]));
  return h(
    "figure",
    { class: "graph" },
    named && h("figcaption", {}, cell.name),
    h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": described(cell) },
      svg("svg", { viewBox: `0 0 ${width} ${height}`, style: { maxWidth: `${width * 0.9}px`, minWidth: `${width * 0.66}px` }, role: "img", "aria-label": described(cell) }, ...edges, ...nodes)),
  );
}

/** A curve from the right side of one vertex to the left side of another; straight where it goes between vertices. */
function path(from, via, to) {
  const stops = [[from[0] + NODE.width / 2, from[1]], ...via.flatMap(([x, y]) => [[x - NODE.width / 2, y], [x + NODE.width / 2, y]]), [to[0] - NODE.width / 2, to[1]]];
  let text = `M${stops[0]}`;
  for (let i = 1; i < stops.length; i += 1) {
    const [[x0, y0], [x1, y1]] = [stops[i - 1], stops[i]];
    const middle = (x0 + x1) / 2;
    text += ` C${middle},${y0} ${middle},${y1} ${x1},${y1}`;
  }
  return text;
}

function vertex(operation, [x, y]) {
  const end = operation === "input" || operation === "output" || operation.startsWith("input");
  return svg(
    "g",
    { class: end ? "vertex end" : `vertex tone${tone(operation)}` },
    svg("rect", { x: x - NODE.width / 2, y: y - NODE.height / 2, width: NODE.width, height: NODE.height, rx: end ? 15 : 7 }),
    svg("text", { x, y: y + 5, "text-anchor": "middle" }, short(operation, 13)),
    svg("title", {}, operation),
  );
}

const tones = new Map();

/** The same tone for the same operation in every drawing; of a choice, "name=value", for the same name. */
function tone(operation) {
  const name = operation.split("=")[0];
  if (!tones.has(name)) tones.set(name, tones.size % TONES);
  return tones.get(name);
}

function described(cell) {
  const operations = cell.nodes.map((node) => node.operation);
  const edges = cell.edges.map((edge) => `${operations[edge.from]} to ${operations[edge.to]}`);
  return `Graph of ${operations.length} vertices: ${edges.join(", ")}`;
}
