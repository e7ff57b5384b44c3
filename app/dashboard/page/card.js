// What shows beside a dot of the map: the graph of its architecture, and what was measured.
import { get, post, study as path } from "./api.js";
import { fill, h } from "./dom.js";
import { notation, short } from "./format.js";
import { drawing } from "./graph.js";

const PAUSE_MS = 120; // a mouse that only passes by asks for nothing
const KEPT = 300;

/** A card that floats over a chart; it follows the mouse, and is never in its way. */
export class Card {
  constructor(stage, context) {
    this.context = context;
    this.element = h("div", { class: "floating", hidden: true });
    this.known = new Map(); // what was drawn before, by study and architecture
    stage.append(this.element);
  }

  /**
   * @param {string} id of an architecture.
   * @param {string[]} lines what is known of it already.
   * @param {[number, number]} place of its dot in the stage.
   */
  show(id, lines, [x, y]) {
    clearTimeout(this.pause);
    this.id = id;
    const told = lines.map((line, i) => h(i ? "div" : "strong", {}, line));
    const known = this.known.get(this.key(id));
    fill(this.element, ...told, ...(known ?? []));
    const stage = this.element.parentElement;
    this.element.hidden = false;
    const right = x > stage.clientWidth / 2;
    Object.assign(this.element.style, {
      left: right ? "" : `${x + 16}px`, right: right ? `${stage.clientWidth - x + 16}px` : "",
      top: y > stage.clientHeight / 2 ? "" : `${y}px`, bottom: y > stage.clientHeight / 2 ? `${stage.clientHeight - y}px` : "",
    });
    if (!known) this.pause = setTimeout(() => this.draw(id, told), PAUSE_MS);
  }

  hide() {
    clearTimeout(this.pause);
    this.id = null;
    this.element.hidden = true;
  }

  async draw(id, told) {
    const key = this.key(id);
    try {
      const { observations: [first] } = await get(path(this.context.study, "observations"), { architecture_id: id, limit: 1 });
      if (!first) return;
      const { graphs: [graph] } = await post(`spaces/${encodeURIComponent(this.context.description.space)}/graphs`, { architectures: [first.architecture] });
      const found = [...(graph.error ? [] : [drawing(graph)]), h("code", { class: "one-line" }, short(notation(first.architecture), 200))];
      this.known.set(key, found);
      if (this.known.size > KEPT) this.known.delete(this.known.keys().next().value);
      if (this.id === id && !this.element.hidden) fill(this.element, ...told, ...found);
    } catch {
      // The dot has told its value; a click asks again, and says what went wrong.
    }
  }

  key(id) {
    return `${this.context.study}/${id}`;
  }
}
