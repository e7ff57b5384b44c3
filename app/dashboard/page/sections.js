// The sections of the page: drawn while they are in sight, and what changed meanwhile when they come into sight.
import { Away, Stale } from "./api.js";
import { h } from "./dom.js";

const byId = (id) => document.getElementById(id);

export class Sections {
  /** @param {Object<string, {refresh: Function, reset: ?Function}>} parts by the id of their element. */
  constructor(parts) {
    this.parts = parts;
    this.visible = new Set();
    this.stale = new Set();
    const watcher = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) this.move(target.id, isIntersecting);
    }, { rootMargin: "200px" });
    for (const id of Object.keys(parts)) watcher.observe(byId(id));
  }

  move(id, isVisible) {
    if (isVisible) this.visible.add(id);
    else this.visible.delete(id);
    if (isVisible && this.stale.has(id)) this.show(id);
  }

  /** Forget what was shown of another study or metric. */
  reset() {
    for (const part of Object.values(this.parts)) part.reset?.();
  }

  /** All that they show may have changed. */
  refresh() {
    for (const id of Object.keys(this.parts)) {
      this.stale.add(id);
      if (this.visible.has(id)) this.show(id);
    }
  }

  async show(id) {
    this.stale.delete(id);
    const section = byId(id);
    const failed = () => section.querySelector(":scope > .failed");
    try {
      await this.parts[id].refresh();
      failed()?.remove();
    } catch (error) {
      if (error instanceof Stale) return; // what is looked at now was asked for
      if (error instanceof Away) {
        this.stale.add(id);
        return;
      }
      failed()?.remove();
      section.append(h("p", { class: "failed", role: "alert" }, error.message, " ", h("button", { type: "button", class: "quiet small", onclick: () => this.show(id) }, "Try again")));
    }
  }
}
