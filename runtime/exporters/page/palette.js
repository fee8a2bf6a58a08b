// Palette: the colours of the canvas, read from the style sheet so that there is one place for them.
//
// They are Okabe and Ito's, which people with any colour vision tell apart; and none of them says
// anything alone: bars differ by their hatching too, signs by their shape.

const COLOURS = ["ink", "faint", "paper", "line", "write", "read", "note", "bad", "badband",
  "select", "past", "future", "life", "hit", "head",
  "span0", "span1", "span2", "span3", "span4", "span5"];
const SPAN_COLOURS = 6;

let palette = {};

function readPalette() {
  const style = getComputedStyle(document.documentElement);
  palette = Object.fromEntries(
    COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

// The hatching of the bars: the first six names each have their own.
function hatch(context, number, x, y, width, height, colour) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.fillStyle = colour;
  context.globalAlpha *= number % SPAN_COLOURS === 0 ? 1 : 0.3;
  context.fill();
  context.globalAlpha = context.globalAlpha / (number % SPAN_COLOURS === 0 ? 1 : 0.3);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  const low = y - ((y % 6) + 6) % 6 - 6;
  for (let at = low; at < y + height + 12; at += 6) {
    if (number % 6 === 1 || number % 6 === 3) stroke(context, x, at + width, x + width, at);
    if (number % 6 === 2 || number % 6 === 3) stroke(context, x, at, x + width, at + width);
    if (number % 6 === 4) stroke(context, x, at, x + width, at);
    if (number % 6 === 5) stroke(context, x + width / 2, at, x + width / 2, at + 3);
  }
  context.stroke();
  context.restore();
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, width - 1, Math.max(0, height - 1));
}

function stroke(context, x, y, toX, toY) {
  context.moveTo(x, y);
  context.lineTo(toX, toY);
}
