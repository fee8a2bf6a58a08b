// Lanes: who has one, in which order, and which kinds share one.
//
// A run may have thousands of objects. Who does nothing and is told nothing has no lane; a kind of
// which there are many is folded into one lane, and unfolded on demand.

const MANY = 40; // lanes that are still looked at one by one
const CROWD = 12; // of one kind; fold from here on if there are many lanes
const BUSY = 20; // of a folded kind that acts, those that did most keep their lanes

class Lanes {
  constructor(run) {
    this.run = run;
    this.touched = Uint8Array.from(run.actors, (_, actor) => run.ofActor(actor).length > 0);
    for (const { actor } of [...run.spans, ...run.lives]) this.touched[actor] = 1;
    this.everybody = false;
    this.only = null; // the actors of the cone, if nobody else is wanted
    this.kinds = new Map();
    run.actors.forEach(({ kind }, actor) => {
      if (this.touched[actor]) this.kinds.set(kind, (this.kinds.get(kind) || 0) + 1);
    });
    const total = [...this.kinds.values()].reduce((sum, each) => sum + each, 0);
    this.folded = new Set();
    if (total > MANY) {
      const acts = new Set(run.actors.filter(({ active }) => active).map(({ kind }) => kind));
      for (const [kind, number] of this.kinds) {
        if (number >= (acts.has(kind) ? MANY : CROWD)) this.folded.add(kind);
      }
    }
    this.lay();
  }

  // Who of the folded kinds keeps a lane: without those that act there is no story.
  busy() {
    const { run } = this;
    const kept = new Uint8Array(run.actors.length);
    for (const kind of this.folded) {
      const acting = [...run.actors.keys()]
        .filter((each) => run.actors[each].kind === kind && run.actors[each].active)
        .sort((one, other) => run.ofActor(other).length - run.ofActor(one).length);
      for (const actor of acting.slice(0, BUSY)) kept[actor] = 1;
    }
    return kept;
  }

  lay() {
    const { run } = this;
    const busy = this.busy();
    this.lanes = [];
    this.of = new Int32Array(run.actors.length).fill(NONE);
    const shared = new Map();
    run.actors.forEach((actor, number) => {
      if (!this.touched[number] && !this.everybody) return;
      if (this.only && !this.only[number]) return;
      if (this.folded.has(actor.kind) && !busy[number]) {
        if (!shared.has(actor.kind)) {
          shared.set(actor.kind, this.lanes.length);
          this.lanes.push({
            title: "", kind: actor.kind, actors: [], active: actor.active, folded: true,
          });
        }
        this.of[number] = shared.get(actor.kind);
      } else {
        this.of[number] = this.lanes.length;
        this.lanes.push({ title: actor.name, kind: actor.kind, actors: [], active: actor.active });
      }
      this.lanes[this.of[number]].actors.push(number);
    });
    for (const lane of this.lanes) {
      if (lane.folded) lane.title = `${lane.kind || "others"} ×${lane.actors.length}`;
    }
  }

  // Pixels that the longest name needs.
  widest() {
    const context = byId("canvas").getContext("2d");
    context.font = `bold 12px ${FONT}`;
    return this.lanes.slice(0, 100).reduce(
      (most, { title }) => Math.max(most, context.measureText(title).width), 0);
  }

  get hidden() {
    return this.touched.reduce((sum, each) => sum + (each ? 0 : 1), 0);
  }

  fold(kind, folded) {
    if (folded) this.folded.add(kind);
    else this.folded.delete(kind);
    this.lay();
  }
}

// The choice of kinds, as boxes to tick.
function fillKinds(fieldset, lanes, changed) {
  const boxes = [...lanes.kinds].map(([kind, number]) => {
    const box = make("input", { type: "checkbox", checked: !lanes.folded.has(kind) });
    box.addEventListener("change", () => { lanes.fold(kind, !box.checked); changed(); });
    return make("label", { className: "tick" }, box, ` ${kind || "others"} (${count(number)})`);
  });
  if (lanes.hidden) {
    const box = make("input", { type: "checkbox", checked: lanes.everybody });
    box.addEventListener("change", () => { lanes.everybody = box.checked; lanes.lay(); changed(); });
    boxes.push(make("label", { className: "tick" }, box, ` those without an event, too (${count(lanes.hidden)})`));
  }
  fieldset.replaceChildren(fieldset.firstElementChild, ...boxes);
}
