// Run: the events, one row each, and what can be asked of them.

const WRITES = 1;
const DEFERRED = 2;
const NONE = -1;
const START = -2; // sent before the first row

class Run {
  constructor(data) {
    this.name = data.run;
    this.text = data.text;
    this.value = data.value;
    this.actors = data.actors.map(([name, kind, active, state]) => ({
      name: shown(data.text[name]),
      raw: data.text[name],
      kind: shown(data.text[kind]),
      active: Boolean(active),
      state: state === NONE ? null : JSON.parse(data.value[state]),
    }));
    this.kinds = new Map(data.kinds.map(([kind, words]) => [shown(data.text[kind]), data.text[words]]));
    this.where = new Set(data.where.map((name) => data.text[name]));
    this.rows = data.step.length;
    this.step = summed(data.step);
    this.time = summed(data.vt);
    this.event = Int32Array.from(data.event);
    this.actor = Int32Array.from(data.actor);
    this.to = Int32Array.from(data.to);
    this.message = Int32Array.from(data.message);
    this.sign = Uint8Array.from(data.sign);
    this.shape = Int32Array.from(data.shape);
    this.shapes = data.shapes;
    this.values = Int32Array.from(data.values);
    this.clocks = data.clocks.length ? data : null;
    this.spanNames = data.spanNames.map((name) => shown(data.text[name]));
    this.spans = data.spans.map(([name, actor, begin, end, depth, fields]) => ({
      name: this.spanNames[name], number: name, actor, begin, end: end === NONE ? this.rows : end,
      open: end === NONE, depth, fields,
    }));
    this.lives = data.lives.map(([actor, allocated, published, retired, freed]) => ({
      actor, allocated, published, retired, freed,
    }));
    this.violations = data.violations.map(([row, parties]) => ({ row, parties }));
    this.deliver = this.text.indexOf("deliver");
    this.cause = this.causes(data.cause);
    this.offsets = this.places();
    this.answer = this.text.indexOf("answer");
    this.ofActor = this.byActor();
  }

  // Where the fields of each row begin among all values.
  places() {
    const offsets = new Int32Array(this.rows + 1);
    for (let row = 0; row < this.rows; row += 1) {
      offsets[row + 1] = offsets[row] + this.shapes[this.shape[row]].length;
    }
    return offsets;
  }

  // The row in which each message was sent.
  causes(back) {
    const cause = new Int32Array(this.rows);
    for (let row = 0; row < this.rows; row += 1) {
      if (back[row] === NONE) cause[row] = NONE;
      else cause[row] = this.deliveryAt(this.step[row] - back[row], START);
    }
    return cause;
  }

  // The rows of each actor: what it did and what was said to it.
  byActor() {
    const begin = new Int32Array(this.actors.length + 1);
    const visit = (each) => {
      for (let row = 0; row < this.rows; row += 1) {
        if (this.actor[row] >= 0) each(this.actor[row], row);
        if (this.to[row] >= 0 && this.to[row] !== this.actor[row]) each(this.to[row], row);
      }
    };
    visit((actor) => { begin[actor + 1] += 1; });
    for (let actor = 0; actor < this.actors.length; actor += 1) begin[actor + 1] += begin[actor];
    const rows = new Int32Array(begin[this.actors.length]);
    const next = begin.slice();
    visit((actor, row) => { rows[next[actor]] = row; next[actor] += 1; });
    return (actor) => rows.subarray(begin[actor], begin[actor + 1]);
  }

  // The first row at or after this step.
  rowAt(step) {
    return firstAtLeast(this.step, step);
  }

  isDelivery(row) {
    return this.event[row] === this.deliver;
  }

  // The row of the message that was delivered at this step.
  deliveryAt(step, otherwise = NONE) {
    if (step <= 0) return otherwise;
    for (let row = this.rowAt(step); row < this.rows && this.step[row] === step; row += 1) {
      if (this.isDelivery(row)) return row;
    }
    return otherwise;
  }

  // Whether this row is an answer that came later than its message.
  isAnswer(row) {
    return this.event[row] === this.answer;
  }

  // The kind, and what it is if the log's writer says so.
  kindOf(actor) {
    const { kind } = this.actors[actor];
    return [kind, this.kinds.get(kind)].filter(Boolean).join(": ");
  }

  nameOf(actor) {
    return actor < 0 ? "" : this.actors[actor].name;
  }

  // [name, JSON] of every field of the row's own.
  fields(row) {
    const names = this.shapes[this.shape[row]];
    const first = this.offsets[row];
    return names.map((name, at) => [this.text[name], this.value[this.values[first + at]]]);
  }

  field(row, wanted) {
    const found = this.fields(row).find(([name]) => name === wanted);
    return found === undefined ? undefined : JSON.parse(found[1]);
  }

  // The row in words.
  told(row) {
    const event = this.text[this.event[row]];
    const fields = this.fields(row);
    const value = (name) => {
      const found = fields.find((field) => field[0] === name);
      return found === undefined ? undefined : plain(found[1]);
    };
    const said = this.message[row] < 0 ? "" : shown(this.text[this.message[row]]);
    if (this.isDelivery(row)) {
      if (this.sign[row] & DEFERRED) return `${said} …waits`;
      const answer = value("answer");
      const nothing = answer === "null" && this.sign[row] & WRITES;
      return answer === undefined || nothing ? said : `${said} = ${answer}`;
    }
    if (event === "answer") {
      const answer = value("answer");
      const words = `answers ${this.nameOf(this.to[row])}`;
      return answer === undefined || answer === "null" ? words : `${words}: ${answer}`;
    }
    if (event === "function" && value("name") !== undefined) {
      const caller = value("caller");
      return caller === undefined ? `${value("name")}()` : `${value("name")}() ← ${caller}`;
    }
    if (event === "violation") return `✖ ${value("law")}: ${said}`;
    const told = fields.filter(([name, json]) => !QUIET.has(name)
      && !(this.where.has(name) && /^\d/.test(json)));
    const pairs = told.map(([name, json]) => `${shown(name)}=${plain(json)}`);
    return [shown(event), said, ...pairs].filter(Boolean).join(" ");
  }
}

// Fields that only the panel shows; so it is with numbers that say where, not what.
const QUIET = new Set(["type", "schedule"]);

function plain(json) {
  return shown(json.startsWith('"') ? JSON.parse(json) : json);
}

// The first place of a sorted array whose entry is not smaller.
function firstAtLeast(sorted, wanted) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
