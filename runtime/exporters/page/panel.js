// Panel: all about the selected event: its fields, why it came, and what the objects are by then.

const MOST_CAUSES = 15;
const MOST_SAID = 4;

class Panel {
  constructor(run, state, go) {
    Object.assign(this, { run, state, go });
    this.box = byId("selected");
  }

  draw() {
    const { run, state } = this;
    if (!run.rows) return;
    const { row } = state;
    const parts = [this.event(row)];
    const broken = run.violations.find((each) => each.row === row);
    const parties = broken ? broken.parties.slice(0, 4) : [];
    const whom = [...new Set([...parties, run.isDelivery(row) ? run.to[row] : NONE, state.who])];
    for (const actor of whom) if (actor >= 0) parts.push(this.actor(actor, row));
    parts.splice(broken ? 1 : parts.length, 0, this.why(row)); // of a violation, the causes first
    this.box.replaceChildren(...parts);
  }

  event(row) {
    const { run } = this;
    const pairs = [
      ["step", count(run.step[row])], ["time", `${count(run.time[row])} ns`],
      ["event", shown(run.text[run.event[row]])],
    ];
    if (run.cause[row] >= 0) pairs.push(["sent at", `step ${count(run.step[run.cause[row]])}`]);
    if (run.cause[row] === START) pairs.push(["sent at", "the start"]);
    pairs.push(...run.fields(row).map(([name, json]) => [shown(name), plain(json)]));
    return make("div", { className: "block" },
      make("p", { className: "headline" }, make("strong", null, whose(run, row)),
        ` ${shortened(run.told(row), 300)}`),
      pairList(pairs));
  }

  actor(actor, row) {
    const { run } = this;
    const { name } = run.actors[actor];
    const kind = run.kindOf(actor);
    const step = count(run.step[row]);
    const block = make("div", { className: "block" },
      make("h4", null, `${name} at step ${step}`), ...(kind ? [make("p", { className: "kind" }, kind)] : []));
    const life = lifeAt(run, actor, row).map(([turn, at]) => `${turn} at step ${count(run.step[at])}`);
    const bars = openAt(run, actor, row).map((span) => `in ${spanLine(run, span)}`);
    for (const line of [...life, ...bars]) block.append(make("p", { className: "life" }, line));
    const words = stateAt(run, actor, row);
    if (words) {
      block.append(pairList(words.map(([word, json, here]) =>
        [shown(word), here ? `${plain(json)} ← now` : plain(json)])));
    }
    const said = saidTo(run, actor, row, MOST_SAID);
    if (said.length) {
      const first = words ? "" : "Its state is not in the log. ";
      block.append(make("p", { className: "kind" }, `${first}Said to it, the last first:`),
        make("ol", null, ...said.map((each) => this.link(each))));
    }
    return block;
  }

  why(row) {
    const { run } = this;
    const { chain, left } = why(run, row, MOST_CAUSES);
    const block = make("div", { className: "block" }, make("h4", null, "Why: the causes, the last first"));
    if (!run.clocks) {
      block.append(make("p", null, "This log has no vector clocks: there is no causal cone."));
    }
    block.append(chain.length
      ? make("ol", null, ...chain.map((each) => this.link(each)))
      : make("p", null, run.cause[row] === START ? "It was sent at the start." : "No cause is told."));
    if (left) block.append(make("p", null, `… and ${count(left)} before these`));
    return block;
  }

  link(row) {
    const { run } = this;
    const button = make("button", { type: "button", className: "row" },
      make("span", { className: "n" }, count(run.step[row])),
      make("span", null, shortened([whose(run, row), run.told(row)].filter(Boolean).join(": "), 160)));
    button.addEventListener("click", () => this.go(row));
    return make("li", null, button);
  }
}

function pairList(pairs) {
  return make("dl", null, ...pairs.map(([name, text]) =>
    make("div", null, make("dt", null, name), make("dd", { dir: "auto" }, shortened(text, 2000)))));
}
