// One architecture in full: its graph, what is expected of it, and what that rests on.
import { entry, post } from "./api.js";
import { h } from "./dom.js";
import { estimates, neighbors, novelty } from "./estimate.js";
import { drawing } from "./graph.js";

const NEIGHBORS = 8;

/** Its graph and its estimate, asked for together; an error of the architecture is thrown as the server says it. */
export async function examine(architecture, context, proxies = null) {
  const { study, description, metric } = context;
  // The neighbors come with the weights of the first metric: of the one that is looked at.
  const metrics = [metric.name, ...description.metrics.map(({ name }) => name).filter((name) => name !== metric.name)];
  const [drawn, expected] = await Promise.all([
    post(`spaces/${encodeURIComponent(description.space)}/graphs`, { architectures: [architecture] }),
    predicted({ study, candidates: [architecture], metrics, neighbors: NEIGHBORS, ...(proxies && { proxies: [proxies] }) }),
  ]);
  const [graph] = drawn.graphs;
  if (graph.error) throw new Error(graph.error.detail);
  if (expected?.error) throw new Error(expected.error.detail);
  return { graph, prediction: expected };
}

/** The prediction of the one candidate; null before anything was observed. */
async function predicted(request) {
  try {
    const { predictions } = await post("predict", request);
    return predictions[0];
  } catch (error) {
    if (error.type === "no_observations") return null;
    throw error;
  }
}

/** What `examine` found, as elements. */
export function shown({ graph, prediction }, context) {
  if (!prediction) return [drawing(graph), h("p", { class: "hint" }, "Nothing is expected of it yet: no training was observed.")];
  return [
    drawing(graph),
    estimates(prediction, context.description),
    h("p", { class: "hint" }, novelty(prediction)),
    neighbors(prediction, weighed(prediction, context), context.open),
  ];
}

/** The metric whose weights the neighbors come with: another one where nobody measured the one that is looked at. */
function weighed(prediction, { metric, description }) {
  return [metric, ...description.metrics].find(({ name }) => entry(prediction.metrics, name)) ?? metric;
}
