// Main: the page's state, and everything that changes it. Whoever draws reads it and changes nothing.

class App {
  constructor(run) {
    this.run = run;
    this.state = {
      row: 0,
      chosen: NONE, // the actor whose lane was chosen; else that of the event counts
      anchor: NONE, // the event whose cone is shown
      relation: null,
      hits: new Int32Array(0),
      get who() { return this.chosen >= 0 ? this.chosen : run.actor[this.row] ?? NONE; },
      isHit(row) { return this.hits[firstAtLeast(this.hits, row)] === row; },
    };
    this.lanes = new Lanes(run);
    this.view = new View(run, this.lanes);
    this.diagram = new Diagram(run, this.lanes, this.view, this.state);
    this.list = new List(run, this.view, this.state);
    this.overview = new Overview(run, this.view, this.state, (row) => this.go(row));
    this.panel = new Panel(run, this.state, (row) => this.go(row));
    this.address = new Address(run, this.state);
    this.frame = 0;
    this.scale = undefined;
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.diagram.draw(this.scale);
    this.overview.draw(this.scale);
    this.list.draw();
  }

  redraw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  measured() {
    if (this.view.paper) return;
    this.view.measure();
    this.redraw();
  }

  // Select the event in this row.
  go(row, spoken = true) {
    if (!this.run.rows) return;
    this.state.row = Math.max(0, Math.min(this.run.rows - 1, row));
    this.selected(spoken);
  }

  selected(spoken = true) {
    const { state, run, lanes, view } = this;
    const { row } = state;
    view.reveal(row, lanes.of[state.who] ?? NONE);
    this.panel.draw();
    byId("goto").value = run.step[row];
    byId("cone").setAttribute("aria-pressed", String(state.anchor >= 0));
    if (spoken) {
      const [, words] = RELATIONS[state.relation && state.relation[row]] || [];
      const told = [`Step ${run.step[row]}`, whose(run, row, " to "), run.told(row)]
        .filter(Boolean).join(": ");
      byId("spoken").textContent = shortened(words ? `${told}. In the cone: ${words}` : told, 300);
      this.address.follow();
    }
    this.redraw();
  }

  move(rows) { this.go(this.state.row + rows); }

  pageRows() { return Math.max(1, Math.floor(this.view.visible) - 2); }

  choose(actor) {
    this.state.chosen = actor;
    this.selected(false);
    if (actor >= 0) byId("spoken").textContent = `Lane ${this.run.nameOf(actor)}`;
    this.address.follow();
  }

  moveLane(by) {
    const lane = this.lanes.of[this.state.who] ?? NONE;
    const next = Math.max(0, Math.min(this.lanes.lanes.length - 1, lane + by));
    if (this.lanes.lanes[next]) this.choose(this.lanes.lanes[next].actors[0]);
  }

  // The next of some sorted rows, in this direction.
  moveIn(rows, by) {
    const at = firstAtLeast(rows, this.state.row + (by > 0 ? 1 : 0)) + (by > 0 ? 0 : -1);
    if (at >= 0 && at < rows.length) this.go(rows[at]);
    else byId("spoken").textContent = by > 0 ? "None after this" : "None before this";
  }

  moveInLane(by) {
    if (this.state.who >= 0) this.moveIn(this.run.ofActor(this.state.who), by);
  }

  moveHit(by) { this.moveIn(this.state.hits, by); }

  moveInCone(by) {
    const { relation } = this.state;
    let row = this.state.row + by;
    while (relation && row >= 0 && row < this.run.rows && !relation[row]) row += by;
    if (relation && row >= 0 && row < this.run.rows) this.go(row);
  }

  goViolation() {
    const rows = this.run.violations.map(({ row }) => row);
    const next = rows.find((row) => row > this.state.row) ?? rows[0];
    if (next === undefined) this.say("No law was broken in this run.");
    else this.go(next);
  }

  goCause() {
    if (this.run.cause[this.state.row] >= 0) this.go(this.run.cause[this.state.row]);
  }

  say(words) {
    byId("state-of-page").textContent = words;
  }

  toggleCone() {
    if (this.state.anchor === this.state.row) this.showCone(NONE);
    else this.showCone(this.state.row);
  }

  showCone(row) {
    const { state, run } = this;
    state.relation = row >= 0 ? cone(run, row) : null;
    state.anchor = state.relation ? row : NONE;
    if (row >= 0 && !state.relation) {
      this.say(run.clocks ? "This event belongs to no message: it has no cone."
        : "This log has no vector clocks, so what happened before what is not known: no cone.");
    } else if (state.relation) {
      const tally = [0, 0, 0, 0];
      for (const each of state.relation) tally[each] += 1;
      this.say(`Cone of step ${run.step[row]}: ${count(tally[PAST])} events before it, `
        + `${count(tally[FUTURE])} after it, ${count(tally[0])} neither.`);
    } else this.say(this.greeting());
    if (!state.relation && this.lanes.only) this.toggleOnly();
    this.selected(false);
    this.address.follow();
  }

  toggleOnly() {
    const { lanes, run, state } = this;
    if (lanes.only) lanes.only = null;
    else if (state.relation) {
      lanes.only = new Uint8Array(run.actors.length);
      for (let row = 0; row < run.rows; row += 1) {
        if (!state.relation[row]) continue;
        if (run.actor[row] >= 0) lanes.only[run.actor[row]] = 1;
        if (run.to[row] >= 0) lanes.only[run.to[row]] = 1;
      }
    }
    lanes.lay();
    this.measured();
  }

  zoomBy(by) {
    this.view.zoomTo(this.view.zoom + by, this.state.row);
    this.redraw();
  }

  search() {
    const query = byId("query").value;
    try {
      this.state.hits = find(this.run, query, byId("regexp").checked && query !== "");
      const number = this.state.hits.length;
      byId("hits").textContent = query ? `${count(number)} hit${number === 1 ? "" : "s"}` : "";
    } catch (error) {
      this.state.hits = new Int32Array(0);
      byId("hits").textContent = `no regular expression: ${error.message}`;
    }
    this.redraw();
  }

  escape() {
    if (this.state.anchor >= 0) this.showCone(NONE);
    else if (byId("query").value) { byId("query").value = ""; this.search(); }
    else this.choose(NONE);
  }

  follow() {
    const asked = readLink();
    if (asked.run !== null && asked.run !== this.run.name) {
      this.say(`The link is to run ${shown(asked.run)}; this page is of run ${this.run.name}.`);
      return false;
    }
    if (asked.actor !== null) this.state.chosen = this.run.actors.findIndex(({ raw }) => raw === asked.actor);
    if (asked.step === null) return false;
    this.go(this.run.rowAt(asked.step) + asked.at);
    if (asked.cone) this.showCone(this.state.row);
    return true;
  }

  greeting() {
    const lanes = this.lanes.lanes.length;
    const words = [`${count(this.run.rows)} events in ${count(lanes)} lanes.`];
    if (this.lanes.folded.size) words.push("Kinds of which there are many share a lane: see Lanes.");
    if (!this.run.clocks) words.push("No vector clocks in this log: no causal cone.");
    return words.join(" ");
  }
}

async function main() {
  const run = new Run(await unpack(byId("data").textContent));
  const app = new App(run);
  const theme = new Theme((paper) => {
    app.scale = paper ? 3 : undefined;
    fillLegend(run);
    app.view.putOnPaper(paper, app.state.row);
    app.draw();
  });
  fillKinds(byId("kinds"), app.lanes, () => app.measured());
  wire(app);
  app.say(app.greeting());
  app.go(run.violations.length ? run.violations[0].row : 0, false);
  if (app.follow()) byId("bench").scrollIntoView();
  app.draw();
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
  return theme;
}

main().catch((error) => {
  byId("state-of-page").textContent = `This page cannot show its events: ${error.message}`;
  throw error;
});
