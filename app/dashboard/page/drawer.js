// What opens on a click: an architecture that was trained, with all that is known of it.
import { entry, get, Stale, study as path } from "./api.js";
import { examine, shown } from "./architecture.js";
import { copyButton, fill, h, moment, named, refill, table, whole, words } from "./dom.js";
import { measured, notation } from "./format.js";

const TRAININGS = 20;

/** A dialog beside the page, which stays usable. */
export class Drawer {
  /**
   * @param {HTMLDialogElement} dialog
   * @param {object} context see main.js.
   * @param {Function} changed is told when another architecture is open, or none.
   */
  constructor(dialog, context, changed) {
    Object.assign(this, { dialog, context, changed, id: null });
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("keydown", (event) => event.key === "Escape" && dialog.close());
    dialog.addEventListener("close", () => {
      this.id = null;
      this.back()?.focus();
      changed();
    });
  }

  async open(id) {
    if (!this.dialog.open) {
      this.opener = document.activeElement;
      this.dialog.show();
    }
    this.id = id;
    this.changed();
    this.dialog.querySelector("h2").focus();
    fill(this.body, h("p", { class: "hint" }, "Asking the server…"));
    await this.show();
  }

  close() {
    if (this.dialog.open) this.dialog.close();
  }

  /** The button that opened it, or the one that took its place since. */
  back() {
    return this.opener?.isConnected ? this.opener : document.getElementById(this.opener?.id);
  }

  /** Show what changed since. */
  refresh() {
    if (this.id) this.show();
  }

  get body() {
    return this.dialog.querySelector(".body");
  }

  async show() {
    const { id, context } = this;
    try {
      const page = await get(path(context.study, "observations"), { architecture_id: id, limit: TRAININGS });
      if (!page.observations.length) {
        fill(this.body, words("Not in this study.", `No training of architecture ${id} is known here: it may have been retracted.`));
        return;
      }
      const { architecture, proxies } = page.observations.at(-1);
      const found = await examine(architecture, context, context.description.proxies.length ? proxies : null);
      if (this.id !== id) return;
      refill(this.body,
        h("p", { class: "notation" }, h("code", {}, notation(architecture)), copyButton(notation(architecture))),
        ...shown(found, context),
        trainings(page, context));
    } catch (error) {
      if (!(error instanceof Stale) && this.id === id) fill(this.body, h("p", { class: "failed", role: "alert" }, error.message));
    }
  }
}

function trainings({ observations, cursor }, { description }) {
  const names = description.metrics.map(({ name }) => name);
  return h("div", {},
    h("h3", {}, observations.length === 1 ? "Its training" : "Its trainings"),
    table("Trainings", [...names, "Expected before", "Worker", "When"], observations.map((each) => [
      ...description.metrics.map((metric) => whole(each.status === "failed" ? "failed" : measured(entry(each.metrics, metric.name), metric))),
      before(each, description.metrics), named(each.worker, "–"), moment(each.observed_at)])),
    cursor !== null && h("p", { class: "hint" }, `The newest ${observations.length}; GET observations has them all.`));
}

function before({ predicted }, metrics) {
  const known = metrics.filter(({ name }) => entry(predicted, name));
  return known.map((metric) => measured(entry(predicted, metric.name).score, metric)).join(", ") || "–";
}
