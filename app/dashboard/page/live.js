// What changes on the server, as it changes; and whether the server is there at all.
import { sent } from "./api.js";

const RETRY_MS = 2000;
const PAUSE_MS = 300;
const PATIENCE_MS = 5000;

/** Listens to a study's events until it is closed. */
export class Live {
  /**
   * @param {string} url of the event stream.
   * @param {{heard: Function, changed: Function, active: Function, gone: Function, lost: Function}} told what to do.
   */
  constructor(url, told) {
    this.url = url;
    this.told = told;
    this.open();
  }

  async open() {
    const stop = (this.stop = new AbortController());
    try {
      // A browser's own EventSource sends no key.
      const response = await sent(this.url, { headers: { Accept: "text/event-stream" }, signal: stop.signal });
      if (!response.ok) throw new Error(response.statusText);
      this.told.heard();
      for await (const event of events(response.body)) this.hear(event);
    } catch {
      // Told below, unless it was closed.
    }
    if (stop.signal.aborted) return;
    this.told.lost();
    this.retry = setTimeout(() => this.open(), RETRY_MS);
  }

  hear({ name, data }) {
    if (name === "study") this.told.changed(JSON.parse(data));
    if (name === "activity") this.told.active();
    if (name === "gone") {
      this.close();
      this.told.gone();
    }
  }

  close() {
    clearTimeout(this.retry);
    this.stop.abort();
  }
}

/** The events of a stream, as they come (HTML Living Standard, "Server-sent events"). */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (text + value).split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const fields = Object.fromEntries(part.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      yield { name: fields.event, data: fields.data };
    }
  }
}

/**
 * Calls `work` at once, and then at most every `ms`; what comes meanwhile is done once, at the end. While a person is at
 * something it waits for a pause, since drawing a large study again takes longer than a frame, but not for ever.
 */
export function atMostEvery(ms, work) {
  let last = 0;
  let timer = null;
  const wait = (asked, pause) => {
    timer = setTimeout(() => {
      if (isBusy() && Date.now() - asked < PATIENCE_MS) {
        wait(asked, PAUSE_MS);
        return;
      }
      timer = null;
      last = Date.now();
      work();
    }, pause);
  };
  return () => {
    if (timer === null) wait(Date.now(), Math.max(0, last + ms - Date.now()));
  };
}

let moved = 0;
let pressed = false;
addEventListener("pointermove", () => (moved = Date.now()), { passive: true });
addEventListener("pointerdown", () => (pressed = true), { passive: true });
addEventListener("pointerup", () => (pressed = false), { passive: true });
addEventListener("pointercancel", () => (pressed = false), { passive: true });

const isBusy = () => pressed || Date.now() - moved < PAUSE_MS;
