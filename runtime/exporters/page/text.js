// Text: names come from logs and may be anything. They reach the page only as text.

// Line breaks, control characters and marks that turn the direction of writing, made visible.
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function shown(text) {
  return String(text).replace(INVISIBLE, (sign) =>
    sign === "\n" ? "␤" : `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// An element with its properties and children; children are elements or text.
function make(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// "reclaimer0 → info0", for a message.
function whose(run, row, arrow = " → ") {
  const to = run.isDelivery(row) && run.to[row] >= 0 ? `${arrow}${run.nameOf(run.to[row])}` : "";
  return `${run.nameOf(run.actor[row])}${to}`;
}

function byId(id) {
  return document.getElementById(id);
}

const FONT = "system-ui, 'DejaVu Sans', sans-serif";

// Counts in groups of three, the same in every country.
function count(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

// The beginning and the end of a text that is too wide for its place.
function clipped(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let low = 0;
  let high = Math.min(text.length, 200);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(shortened(text, middle)).width <= width) low = middle;
    else high = middle - 1;
  }
  return shortened(text, low);
}

function shortened(text, length) {
  if (text.length <= length) return text;
  const tail = Math.floor(length / 3);
  return `${text.slice(0, length - tail)}…${tail ? text.slice(-tail) : ""}`;
}
