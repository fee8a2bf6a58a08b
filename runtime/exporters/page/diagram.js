// Diagram: draws the lanes and the rows that are in view on the canvas. Draws, and decides nothing.

const DIM = 0.13;
const CROWDED = 600; // flights across the window that are drawn at most

class Diagram {
  constructor(run, lanes, view, state) {
    Object.assign(this, { run, lanes, view, state });
    this.canvas = byId("canvas");
    this.context = this.canvas.getContext("2d");
    this.long = []; // rows of messages whose flight may cross a window that has neither end
    for (let row = 0; row < run.rows; row += 1) {
      if (run.cause[row] !== NONE && row - run.cause[row] > NEAR) this.long.push(row);
    }
  }

  draw(scale = window.devicePixelRatio || 1) {
    const { canvas, context, view } = this;
    const { width, height } = view;
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.direction = "ltr";
    context.clearRect(0, 0, width, height);
    context.save();
    context.beginPath();
    context.rect(0, view.head, width, height - view.head);
    context.clip();
    this.drawBands();
    this.drawLanes();
    this.drawLives();
    this.drawSpans();
    this.drawFlights();
    this.drawRows();
    this.drawViolations();
    context.restore();
    this.drawHead();
  }

  drawBands() {
    const { context, view, state } = this;
    const band = (row, colour) => {
      context.fillStyle = colour;
      const height = Math.max(3, view.rowHeight);
      context.fillRect(0, view.y(row) - height / 2, view.width, height);
    };
    for (const { row } of this.run.violations) band(row, palette.badband);
    band(state.row, palette.select);
  }

  drawLanes() {
    const { context, view } = this;
    const end = Math.min(view.height, view.y(this.run.rows - 0.5));
    this.lanes.lanes.forEach((lane, number) => {
      const x = view.x(number);
      if (x < -view.laneWidth || x > view.width + view.laneWidth) return;
      if (number === this.lanes.of[this.state.who]) {
        context.fillStyle = palette.select;
        context.fillRect(x - view.laneWidth / 2 + 1, view.head, view.laneWidth - 2, end - view.head);
      }
      context.strokeStyle = lane.active ? palette.faint : palette.line;
      context.lineWidth = lane.active ? 1.5 : 1;
      context.setLineDash(lane.active ? [] : [1, 3]);
      context.beginPath();
      stroke(context, x, view.head, x, end);
      context.stroke();
    });
    context.setLineDash([]);
  }

  drawLives() {
    const { context, view } = this;
    const place = (row) => (row === NONE ? null : view.y(row));
    context.save();
    if (this.state.relation) context.globalAlpha = 0.4;
    for (const life of this.run.lives) {
      const lane = this.lanes.of[life.actor];
      if (lane < 0 || this.lanes.lanes[lane].folded) continue;
      if (life.allocated > view.end || (life.freed >= 0 && life.freed < view.first - 1)) continue;
      const x = view.x(lane);
      if (x < -10 || x > view.width + 10) continue;
      drawLife(context, x, Math.min(14, view.laneWidth / 2), {
        allocated: place(life.allocated), published: place(life.published),
        retired: place(life.retired), freed: place(life.freed),
      }, view.head, Math.min(view.height, view.y(this.run.rows - 0.5) - 20));
    }
    context.restore();
  }

  drawSpans() {
    const { context, view } = this;
    context.save();
    if (this.state.relation) context.globalAlpha = 0.5;
    for (const span of this.run.spans) {
      const lane = this.lanes.of[span.actor];
      if (lane < 0 || span.begin > view.end || span.end < view.first) continue;
      const wide = view.laneWidth > 60 ? 9 : 6;
      const x = view.x(lane) - Math.min(12, view.laneWidth / 2 + 2) - span.depth * (wide + 1);
      if (x < -10 || x > view.width + 10) continue;
      const top = Math.max(view.y(span.begin), view.head - 20);
      const bottom = Math.min(view.y(span.end) - (span.open ? view.rowHeight / 2 : 0),
        view.height + 20);
      hatch(context, span.number, x, top, wide, Math.max(3, bottom - top), spanColour(span.number));
    }
    context.restore();
  }

  dimmed(row) {
    return this.state.relation !== null && this.state.relation[row] === 0;
  }

  drawFlights() {
    const { run, view } = this;
    let drawn = 0;
    for (const row of this.long) {
      if (row < view.end || run.cause[row] >= view.end) continue;
      this.drawFlight(row);
      if ((drawn += 1) > CROWDED) break;
    }
    const last = Math.min(run.rows, view.end + NEAR);
    for (let row = view.first; row < last; row += 1) this.drawFlight(row);
  }

  drawFlight(row) {
    const { run, view, context } = this;
    const from = this.lanes.of[run.actor[row]];
    const to = this.lanes.of[run.to[row]];
    if (from === undefined || to === undefined || from < 0 || to < 0) return;
    context.globalAlpha = this.dimmed(row) ? DIM : 1;
    if (run.isAnswer(row)) {
      drawAnswer(context, view.x(from), view.x(to), view.y(row));
    } else if (run.isDelivery(row)) {
      const sent = run.cause[row] === START ? -0.5 : run.cause[row];
      const fromY = run.cause[row] === NONE ? view.y(row) : view.y(sent);
      const far = run.cause[row] !== NONE && row - sent > NEAR;
      drawFlight(context, view.x(from), Math.max(fromY, -50), view.x(to), view.y(row), far,
        Boolean(run.sign[row] & WRITES), Math.min(1, 0.4 + view.rowHeight / 20));
    }
    context.globalAlpha = 1;
  }

  drawRows() {
    const { run, view, context } = this;
    const size = Math.min(4, Math.max(1, view.rowHeight / 4));
    for (let row = view.first; row < view.end; row += 1) {
      context.globalAlpha = this.dimmed(row) ? DIM : 1;
      const y = view.y(row);
      if (run.isDelivery(row)) {
        const lane = this.lanes.of[run.to[row]];
        if (lane >= 0) {
          drawArrival(context, view.x(lane), y, Boolean(run.sign[row] & WRITES), size);
        }
      } else if (run.actor[row] >= 0 && this.lanes.of[run.actor[row]] >= 0) {
        drawNote(context, view.x(this.lanes.of[run.actor[row]]), y, Math.max(1, size - 1));
      }
    }
    context.globalAlpha = 1;
  }

  drawViolations() {
    const { view, context } = this;
    for (const { row, parties } of this.run.violations) {
      if (row < view.first - 1 || row > view.end) continue;
      const lanes = parties.map((party) => this.lanes.of[party]).filter((lane) => lane >= 0);
      for (const lane of lanes.length ? lanes : [0]) drawCross(context, view.x(lane), view.y(row), 6);
    }
  }

  drawHead() {
    const { context, view, lanes } = this;
    context.fillStyle = palette.head;
    context.fillRect(0, 0, view.width, view.head);
    context.save();
    context.beginPath();
    context.rect(0, 0, view.width, view.head);
    context.clip();
    context.textBaseline = "middle";
    lanes.lanes.forEach((lane, number) => {
      const x = view.x(number);
      if (x < -view.head || x > view.width + view.laneWidth) return;
      const chosen = number === lanes.of[this.state.who];
      context.save();
      context.translate(x, view.slanted ? view.head - 8 : 15);
      if (view.slanted) context.rotate(-Math.PI / 3.2);
      context.textAlign = view.slanted ? "left" : "center";
      const room = view.slanted ? 116 : view.laneWidth - 10;
      context.font = `${chosen || lane.active ? "bold " : ""}12px ${FONT}`;
      context.fillStyle = palette.ink;
      context.fillText(clipped(context, lane.title, room), 0, 0);
      if (!view.slanted && !lane.folded) {
        context.font = `11px ${FONT}`;
        context.fillStyle = palette.faint;
        context.fillText(clipped(context, lane.kind, room), 0, 16);
      }
      context.restore();
    });
    context.restore();
    context.fillStyle = palette.faint;
    context.fillRect(0, view.head - 1, view.width, 1);
  }
}
