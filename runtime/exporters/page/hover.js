// Hover: what is under the pointer, in words: the event with its fields, the bars, the lane.

class Hover {
  constructor(run, lanes, view, canvas) {
    Object.assign(this, { run, lanes, view });
    this.box = byId("hover");
    canvas.addEventListener("pointermove", (event) => this.show(event));
    canvas.addEventListener("pointerleave", () => { this.box.hidden = true; });
  }

  show({ offsetX, offsetY, clientX, clientY }) {
    const row = this.view.rowAt(offsetY);
    const lane = this.view.laneAt(offsetX);
    const lines = [...(lane >= 0 ? this.laneLines(lane, row) : []), ...(row >= 0 ? this.rowLines(row) : [])];
    this.box.hidden = lines.length === 0;
    if (this.box.hidden) return;
    this.box.replaceChildren(...lines.map((line, at) =>
      make("div", { className: at === 0 ? "first" : "" }, shortened(line, 240))));
    const { width, height } = this.box.getBoundingClientRect();
    const left = clientX + 16 + width > innerWidth ? clientX - width - 12 : clientX + 16;
    const top = Math.min(clientY + 12, innerHeight - height - 8);
    this.box.style.left = `${Math.max(4, left)}px`;
    this.box.style.top = `${Math.max(4, top)}px`;
  }

  laneLines(number, row) {
    const lane = this.lanes.lanes[number];
    const lines = [lane.folded || !lane.kind ? lane.title : `${lane.title} (${lane.kind})`];
    if (row < 0) return lines;
    for (const actor of lane.folded ? [] : lane.actors) {
      for (const [turn, at] of lifeAt(this.run, actor, row)) lines.push(`${turn} at step ${this.run.step[at]}`);
      for (const span of openAt(this.run, actor, row)) lines.push(spanLine(this.run, span));
    }
    return lines;
  }

  rowLines(row) {
    const { run } = this;
    const words = [`step ${count(run.step[row])}`, whose(run, row), run.told(row)];
    const lines = [words.filter(Boolean).join(": ")];
    for (const [name, json] of run.fields(row)) lines.push(`${shown(name)} = ${plain(json)}`);
    return lines.slice(0, 14);
  }
}

function spanLine(run, span) {
  const end = span.open ? "open at the end" : `to step ${count(run.step[span.end])}`;
  const fields = Object.entries(JSON.parse(run.value[span.fields]) || {})
    .map(([name, value]) => ` ${shown(name)}=${shown(typeof value === "string" ? value : JSON.stringify(value))}`).join("");
  return `${span.name}: step ${count(run.step[span.begin])} ${end}${fields}`;
}
