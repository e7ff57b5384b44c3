// Plotly in the colors of the page.
import { h } from "./dom.js";

const drawn = new Set();

const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The colors of the theme that is on. */
export const colors = () => Object.fromEntries(
  ["ink", "muted", "line", "card", "accent", "good", "bad", "warm", "ghost"].map((name) => [name, variable(name)]),
);

/** From low to high, told apart by eyes of every kind: viridis, without the end that would vanish in the background. */
export const scale = () => (dark()
  ? [[0, "#3b3f87"], [0.25, "#31688e"], [0.5, "#21918c"], [0.75, "#5ec962"], [1, "#fde725"]]
  : [[0, "#440154"], [0.25, "#3b528b"], [0.5, "#21918c"], [0.75, "#4fb85a"], [1, "#d8c21b"]]);

/** Colors for workers and other names, in their order. */
export const palette = ["#3b82f6", "#f59e0b", "#10b981", "#ec4899", "#8b5cf6", "#14b8a6", "#ef4444", "#84cc16", "#64748b", "#d97706"];

export const dark = () => variable("scheme") === "dark";

/** A chart that draws itself again in another theme; `draw` gives Plotly's traces and layout. */
export class Chart {
  constructor(label, draw, { height = 340 } = {}) {
    this.element = h("div", { class: "chart", role: "img", "aria-label": label, style: { height: `${height}px` } });
    this.draw = draw;
    drawn.add(this);
  }

  /** Draw again with what `draw` says now. */
  update() {
    const { traces, layout } = this.draw(colors());
    return window.Plotly.react(this.element, traces, merged(base(), layout), {
      displayModeBar: false, responsive: true, scrollZoom: layout.dragmode === "pan",
    });
  }

  on(event, listener) {
    this.element.on(event, listener);
  }
}

/** Draw everything again, as after a change of theme. */
export function redraw() {
  for (const chart of drawn) if (chart.element.isConnected && chart.element.data) chart.update();
}

function base() {
  const { ink, muted, line, card } = colors();
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, tickfont: { color: muted }, title: { font: { color: muted, size: 12 }, standoff: 8 }, automargin: true };
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", color: ink, size: 12 },
    margin: { l: 48, r: 12, t: 8, b: 40 },
    hoverlabel: { bgcolor: card, bordercolor: line, font: { color: ink }, align: "left" },
    legend: { orientation: "h", yref: "container", y: 0, yanchor: "bottom", x: 0, font: { color: muted } },
    xaxis: axis,
    yaxis: axis,
  };
}

function merged(under, over) {
  const found = { ...under };
  for (const [key, value] of Object.entries(over ?? {})) {
    const nested = value && typeof value === "object" && !Array.isArray(value) && found[key];
    found[key] = nested ? merged(found[key], value) : value;
  }
  return found;
}

/** Where a point of a chart is within its element, in pixels. */
export function place(element, x, y) {
  const { xaxis, yaxis, _size: size } = element._fullLayout;
  return [size.l + xaxis.l2p(x), size.t + yaxis.l2p(y)];
}

/** Text for Plotly, which reads a few tags: none of them is meant. */
export const plain = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * From where to where values are shown: the worst twentieth and the best hundredth share the ends, or one failure would
 * take the whole scale.
 */
export function range(values, { direction }) {
  const sorted = values.filter((each) => each !== null).sort((a, b) => a - b);
  if (!sorted.length) return [0, 1];
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const [low, high] = direction === "maximize" ? [at(0.05), at(0.99)] : [at(0.01), at(0.95)];
  return low < high ? [low, high] : [low - 0.5, high + 0.5];
}

/** A metric as the title of an axis. */
export const titled = ({ name, unit }) => plain(unit ? `${name}, ${unit}` : name);

/** Whether there is little room, as on a phone. */
export const narrow = () => window.innerWidth < 600;
