// List: the rows in view as a table: the text beside the diagram, and all there is for who cannot
// see it. If rows are lower than a line of text, every so many rows have one.

const RELATIONS = { [PAST]: ["▲", "before"], [FUTURE]: ["▼", "after"], [SELF]: ["●", "this one"] };

class List {
  constructor(run, view, state) {
    Object.assign(this, { run, view, state });
    this.body = byId("rows");
    this.rows = [];
    const senders = new Set(run.actor.subarray(0, 20_000));
    const names = [...senders].filter((actor) => actor >= 0 && run.actors[actor].active)
      .map((actor) => run.nameOf(actor).length);
    this.longest = Math.min(20, Math.max(6, ...names.slice(0, 1000)));
  }

  // The column of names is as wide as they are, and leaves room for what they do.
  measure() {
    const list = byId("list");
    const wide = Math.min(this.longest * 7.6 + 14, list.clientWidth * 0.28);
    list.style.setProperty("--who", `${Math.round(wide)}px`);
  }

  draw() {
    this.measure();
    const { view, state, run } = this;
    const every = Math.max(1, Math.ceil(TEXT_ROW / view.rowHeight));
    const first = Math.ceil(view.first / every) * every;
    const height = every * view.rowHeight;
    this.body.style.transform = `translateY(${(first - view.top) * view.rowHeight}px)`;
    const rows = [];
    for (let row = first; row < view.end; row += every) rows.push(row);
    if (every > 1 && rows.length) this.keepSelected(rows, every);
    while (this.rows.length < rows.length) this.rows.push(this.line());
    if (this.body.children.length !== rows.length) {
      this.body.replaceChildren(...this.rows.slice(0, rows.length).map(({ element }) => element));
    }
    rows.forEach((row, at) => this.fill(this.rows[at], row, height));
  }

  // The selected row has its line, even if others stand for their neighbours.
  keepSelected(rows, every) {
    const at = Math.floor((this.state.row - rows[0]) / every);
    if (at >= 0 && at < rows.length) rows[at] = this.state.row;
  }

  line() {
    const cells = ["n", "who", "what"].map((name) =>
      make(name === "n" ? "th" : "td", { className: name, ...(name === "n" ? { scope: "row" } : {}) }));
    const element = make("tr", null, ...cells);
    return { element, cells };
  }

  fill({ element, cells }, row, height) {
    const { run, state } = this;
    const relation = state.relation && state.relation[row];
    const bad = run.text[run.event[row]] === "violation";
    element.dataset.row = row;
    element.style.height = `${height}px`;
    element.className = [
      state.relation && !relation ? "dim" : "", bad ? "bad" : "",
      state.isHit(row) ? "hit" : "", run.isDelivery(row) || bad ? "" : "noted",
    ].filter(Boolean).join(" ");
    if (row === state.row) element.setAttribute("aria-current", "true");
    else element.removeAttribute("aria-current");
    const [sign, words] = RELATIONS[relation] || ["", ""];
    cells[0].replaceChildren(
      ...(words ? [make("span", { title: words, className: "rel" }, sign,
        make("span", { className: "unseen" }, ` ${words} `))] : []),
      count(run.step[row]));
    const to = run.isDelivery(row) && run.to[row] >= 0 ? `→ ${run.nameOf(run.to[row])} ` : "";
    cells[1].textContent = run.nameOf(run.actor[row]);
    cells[1].title = run.nameOf(run.actor[row]);
    const told = run.told(row);
    cells[2].replaceChildren(
      ...(to ? [make("span", { className: "to" }, shortened(to, 60))] : []), shortened(told, 400));
    cells[2].title = shortened(to + told, 1000);
  }
}
