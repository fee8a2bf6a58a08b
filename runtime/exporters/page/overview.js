// Overview: the whole run in one narrow strip, to see where things are and to go there by pointer.

class Overview {
  constructor(run, view, state, moved) {
    Object.assign(this, { run, view, state });
    this.canvas = byId("overview");
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      moved(this.row(event));
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) moved(this.row(event));
    });
  }

  row({ offsetY }) {
    const row = Math.floor((offsetY / this.view.height) * this.run.rows);
    return Math.max(0, Math.min(this.run.rows - 1, row));
  }

  draw(scale = window.devicePixelRatio || 1) {
    const { run, view, state, canvas } = this;
    const width = canvas.clientWidth;
    const { height } = view;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.fillStyle = palette.head;
    context.fillRect(0, 0, width, height);
    const place = (row) => (row / Math.max(1, run.rows)) * height;
    const mark = (row, colour, from, wide, tall) => {
      context.fillStyle = colour;
      context.fillRect(from, place(row) - tall / 2, wide, tall);
    };
    if (state.relation) this.drawCone(context, place);
    let last = -9;
    for (const row of state.hits) {
      if (place(row) - last < 1) continue;
      last = place(row);
      mark(row, palette.hit, 2, width - 4, 2);
    }
    for (const { row } of run.violations) mark(row, palette.bad, 0, width, 4);
    mark(state.row, palette.ink, 0, width, 2);
    context.strokeStyle = palette.ink;
    context.lineWidth = 1.5;
    const top = place(view.top);
    context.strokeRect(1, top + 0.75, width - 2, Math.max(5, place(view.top + view.visible) - top));
  }

  drawCone(context, place) {
    const step = Math.max(1, Math.floor(this.run.rows / 2000));
    for (let row = 0; row < this.run.rows; row += step) {
      const found = this.state.relation[row];
      if (!found) continue;
      context.fillStyle = found === PAST ? palette.past : palette.future;
      context.fillRect(found === PAST ? 3 : 11, place(row), 6, Math.max(1, place(step)));
    }
  }
}
