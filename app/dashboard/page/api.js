// What the server is asked, as JSON.
import { refuse, theKey } from "./key.js";

/** The server's own sentence about what went wrong. */
class Problem extends Error {
  constructor(status, type, detail) {
    super(detail);
    this.status = status;
    this.type = type;
  }
}

/** The server did not answer. */
export class Away extends Error {}

/** The answer is of something that nobody looks at any more. */
export class Stale extends Error {}

let turn = 0;

/** Another study or metric is looked at: answers that are still under way must not be shown. */
export function turnTo() {
  turn += 1;
}

async function ask(path, options) {
  const asked = turn;
  const [found, failed] = await answered(path, options).then((body) => [body, null], (error) => [null, error]);
  if (asked !== turn) throw new Stale();
  if (failed) throw failed;
  return found;
}

async function answered(path, options) {
  const response = await sent(path, options);
  let body = null;
  try {
    body = await response.json();
  } catch {
    // Told below by the status.
  }
  if (!response.ok || body === null) {
    throw new Problem(response.status, body?.type ?? "", body?.detail ?? `the server answered ${response.status}`);
  }
  return body;
}

/** The answer to a request, with a key where the server wants one: whoever looks is asked for it until it is right. */
export async function sent(path, options = {}) {
  for (;;) {
    const key = await theKey();
    let response;
    try {
      response = await fetch(path, { ...options, headers: { ...options.headers, ...key } });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new Away("the server does not answer");
    }
    if (response.status !== 401) return response;
    const { detail } = await response.json().catch(() => ({ detail: "the server wants a key" }));
    refuse(key, detail);
  }
}

export const get = (path, query = {}) => {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  return ask(path + (given.length ? `?${new URLSearchParams(given)}` : ""));
};

export const post = (path, body) =>
  ask(path, { method: "POST", headers: { "Content-Type": "application/json", "EmProx-Look": "1" }, body: JSON.stringify(body) });

/** What a map of the server's holds under a name that somebody chose: `constructor` is a name as well, and no property. */
export const entry = (map, name) => (map && Object.hasOwn(map, name) ? map[name] : undefined);

/** The path of a study, or of something in it. */
export const study = (name, ...rest) => ["studies", name, ...rest].map(encodeURIComponent).join("/");
