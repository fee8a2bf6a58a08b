// Signs: every mark that the diagram knows. The legend draws with the same strokes.

const NEAR = 12; // rows a message may fly in a straight line; longer ones wait beside their sender

// A message on its way: from where it was sent, straight, or first down beside the sender's lane.
function drawFlight(context, from, fromY, to, toY, far, writes, weight = 1) {
  context.strokeStyle = context.fillStyle = writes ? palette.write : palette.read;
  context.lineWidth = (writes ? 1.8 : 1.2) * weight;
  const side = to >= from ? 1 : -1;
  let startX = from;
  let startY = fromY;
  if (far) {
    startX = from + side * 4;
    startY = Math.max(fromY, toY - 20);
    context.setLineDash([2, 3]);
    context.beginPath();
    stroke(context, startX, fromY, startX, startY);
    context.stroke();
    context.setLineDash([]);
  }
  if (from === to) {
    context.beginPath();
    context.moveTo(startX, Math.max(startY, toY - 12));
    context.bezierCurveTo(from + 14, toY - 12, from + 14, toY, from + 5, toY);
    context.stroke();
    drawHead(context, from + 5, toY, Math.PI);
    return;
  }
  const tip = to - side * 5;
  context.beginPath();
  stroke(context, startX, startY, tip, toY);
  context.stroke();
  if (weight > 0.5) drawHead(context, tip, toY, Math.atan2(toY - startY, tip - startX));
}

// An answer that came later: dashed, back to who waited.
function drawAnswer(context, from, to, y) {
  const side = to >= from ? 1 : -1;
  context.strokeStyle = context.fillStyle = palette.note;
  context.lineWidth = 1.5;
  context.setLineDash([5, 3]);
  context.beginPath();
  stroke(context, from, y, to - side * 5, y);
  context.stroke();
  context.setLineDash([]);
  drawHead(context, to - side * 4, y, side > 0 ? 0 : Math.PI);
}

function drawHead(context, x, y, angle) {
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  context.beginPath();
  context.moveTo(2, 0);
  context.lineTo(-6, -3.5);
  context.lineTo(-6, 3.5);
  context.closePath();
  context.fill();
  context.restore();
}

// Where a message arrived: full if it wrote, hollow if it only read.
function drawArrival(context, x, y, writes, size) {
  context.beginPath();
  context.arc(x, y, size, 0, 2 * Math.PI);
  context.fillStyle = writes ? palette.write : palette.paper;
  context.strokeStyle = writes ? palette.write : palette.read;
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}

// What an actor noted: a square.
function drawNote(context, x, y, size) {
  context.fillStyle = palette.note;
  context.fillRect(x - size, y - size, 2 * size, 2 * size);
}

function drawCross(context, x, y, size) {
  context.strokeStyle = palette.bad;
  context.lineWidth = 3;
  context.beginPath();
  stroke(context, x - size, y - size, x + size, y + size);
  stroke(context, x - size, y + size, x + size, y - size);
  context.stroke();
}

// A life: hollow while nobody else can see it, full while published, striped once retired.
function drawLife(context, x, width, turns, low, high) {
  const { allocated, published, retired, freed } = turns;
  context.strokeStyle = context.fillStyle = palette.life;
  context.lineWidth = 1;
  const end = freed === null ? high + 20 : freed;
  const phase = (from, to, draw) => {
    const top = Math.max(from, low - 20);
    const bottom = Math.min(to, high + 20);
    if (bottom > top) draw(top, bottom - top);
  };
  const begin = allocated ?? published ?? low - 20;
  const hidden = published ?? (allocated === null ? begin : retired ?? end);
  phase(begin, hidden, (y, height) => context.strokeRect(x - width / 2, y, width, height));
  const seen = published ?? hidden;
  phase(seen, retired ?? end, (y, height) => {
    context.save();
    context.globalAlpha *= 0.45;
    context.fillRect(x - width / 2, y, width, height);
    context.restore();
    context.strokeRect(x - width / 2, y, width, height);
  });
  if (retired !== null) {
    phase(retired, end, (y, height) =>
      hatch(context, 1, x - width / 2, y, width, height, palette.life));
  }
  if (freed !== null) context.fillRect(x - width / 2 - 3, freed - 1.5, width + 6, 3);
}
