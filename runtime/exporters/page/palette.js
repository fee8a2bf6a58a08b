// Palette: the colours of the canvas, read from the style sheet so that there is one place for them.
//
// They are Okabe and Ito's, which people with any colour vision tell apart; and none of them says
// anything alone: bars differ by their hatching too, signs by their shape.

const COLOURS = ["ink", "faint", "paper", "line", "write", "read", "note", "bad", "badband",
  "select", "past", "future", "life", "hit", "head",
  "span0", "span1", "span2", "span3", "span4", "span5", "span6", "span7"];
const HATCHINGS = 8;

let palette = {};

function readPalette() {
  const style = getComputedStyle(document.documentElement);
  palette = Object.fromEntries(
    COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

// The hatching of the bars: the first eight names each have their own.
function hatch(context, number, x, y, width, height, colour) {
  const kind = number % HATCHINGS;
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.save();
  context.globalAlpha *= kind === 0 ? 1 : 0.28;
  context.fillStyle = colour;
  if (kind !== 7) context.fillRect(x, y, width, height);
  context.restore();
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  for (let at = Math.floor(y / 6) * 6 - 12; at < y + height + 12; at += 6) {
    if (kind === 1 || kind === 3) stroke(context, x, at + width, x + width, at);
    if (kind === 2 || kind === 3) stroke(context, x, at, x + width, at + width);
    if (kind === 4) stroke(context, x, at, x + width, at);
    if (kind === 5) stroke(context, x + width / 2, at, x + width / 2, at + 3);
    if (kind === 6 && at % 12 === 0) stroke(context, x, at, x + width, at + 6);
    if (kind === 6 && at % 12 !== 0) stroke(context, x + width, at, x, at + 6);
  }
  context.stroke();
  context.restore();
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.strokeRect(x + 0.5, y + 0.5, width - 1, Math.max(0, height - 1));
}

function spanColour(number) {
  return palette[`span${number % HATCHINGS}`];
}

function stroke(context, x, y, toX, toY) {
  context.moveTo(x, y);
  context.lineTo(toX, toY);
}
