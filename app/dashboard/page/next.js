// What next: what workers were told to train, and what would be suggested now.
import { entry, get, post, Stale, study as path } from "./api.js";
import { fill, h, named, refill, table, whole } from "./dom.js";
import { ago, clock, count, listed, measured, notation, number, short } from "./format.js";

const ORIGINS = { given: "given", promotion: "to be trained in full", sample: "drawn at random", mutation: "mutant of a good one", embedding_step: "step in the embedding space" };

export function create(section, context) {
  const body = section.querySelector(".body");
  const pending = h("div", {});
  const preview = h("div", { "aria-live": "polite" });
  const ask = h("button", { type: "button", onclick: () => suggest() }, "What would you suggest?");
  fill(body, pending, h("div", { class: "buttons" }, ask), preview);

  async function suggest() {
    const { metrics } = context.description;
    ask.disabled = true;
    try {
      const { suggestions } = await post("suggest", { study: context.study, n: 5, reserve: false });
      fill(preview, suggestions.length
        ? table("Suggestions", ["Architecture", context.metric.name, "Origin"], suggestions.map((each) => [
          shown(each, context.examine), whole(estimate(each, context.metric)), ORIGINS[each.origin]]), "fixed")
        : h("p", { class: "hint" }, "Nothing is left that nobody trained or trains."),
        suggestions.length && metrics.length > 1 ? h("p", { class: "hint" }, `They are to improve ${listed(metrics.map(({ name }) => name))} together; shown is what is expected of ${context.metric.name}.`) : null,
        suggestions.length ? h("p", { class: "hint" }, "A look, not a promise: a worker that asks with POST /suggest gets its own, and nobody else the same.") : null);
    } catch (error) {
      if (error instanceof Stale) return;
      fill(preview, h("p", { class: "failed" }, error.message));
    } finally {
      ask.disabled = false;
    }
  }

  return {
    async refresh() {
      const { suggestions } = await get(path(context.study, "suggestions"));
      preview.querySelector(".failed")?.remove(); // the server answers again
      refill(pending, suggestions.length
        ? [h("p", {}, `${count(suggestions.length, "architecture")} ${suggestions.length === 1 ? "is" : "are"} being trained as suggested:`),
          table("Being trained", ["Architecture", "Worker", "Since"], suggestions.slice(-12).reverse().map((each) => [
            shown(each, context.examine), named(each.worker, "unnamed"), h("span", { class: "numeric", title: `expires ${clock(each.expires_at)}` }, ago(each.created_at))]), "fixed"),
          suggestions.length > 12 ? h("p", { class: "hint" }, `The newest 12 of ${number(suggestions.length)}.`) : null]
        : h("p", {}, "No worker is at what was suggested to it. ", h("code", {}, "POST /suggest"), " tells a worker what to train next."));
    },
    reset: () => fill(preview),
  };
}

function shown({ architecture }, examine) {
  return h("button", { type: "button", class: "link one-line", title: notation(architecture), onclick: () => examine(architecture) }, short(notation(architecture), 200));
}

function estimate({ metrics }, metric) {
  const found = entry(metrics, metric.name);
  if (!found) return "nothing known yet";
  return `${measured(found.score, metric)}${found.std === null ? "" : ` ± ${number(found.std, 2)}`}`;
}
