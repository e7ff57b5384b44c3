// Numbers, times and architectures for people.

/** A number with as many digits as tell something. */
export function number(value, digits = 4) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return value.toLocaleString("en");
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(2);
  return value.toLocaleString("en", { maximumSignificantDigits: digits, minimumFractionDigits: 0 });
}

/** A value of a metric, with its unit. */
export function measured(value, metric, digits = 4) {
  const unit = metric?.unit ? `\u00a0${metric.unit}` : ""; // never on a line of its own
  return value === null || value === undefined ? "–" : number(value, digits) + unit;
}

/** A difference of two values of a metric: of percentages, in points. */
export function difference(value, metric, digits = 3) {
  return measured(value, metric?.unit === "%" ? { unit: "points" } : metric, digits);
}

export function percent(share) {
  return share === null || share === undefined ? "–" : `${Math.round(share * 100)}\u00a0%`;
}

/** "3 trainings", "1 training". */
export function count(n, noun, plural = `${noun}s`) {
  return `${number(n)} ${n === 1 ? noun : plural}`;
}

/** "a", "a and b", "a, b and c". */
export const listed = (names) => new Intl.ListFormat("en-GB").format(names);

/** How long ago. */
export function ago(time) {
  const seconds = Math.max(0, (Date.now() - new Date(time)) / 1000);
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60]]) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit} ago`;
  }
  return seconds < 5 ? "just now" : `${Math.floor(seconds)} s ago`;
}

export function clock(time) {
  return new Date(time).toLocaleString();
}

/** An architecture as its author writes it. */
export function notation(architecture) {
  return typeof architecture === "string" ? architecture : JSON.stringify(architecture);
}

/** A name that somebody chose, in quotation marks where it would not be seen; `otherwise` where there is none. */
export function called(name, otherwise) {
  if (name === null) return otherwise;
  return /^[\s\p{C}]*$/u.test(name) ? `“${name}”` : name;
}

export function short(text, length = 44) {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
