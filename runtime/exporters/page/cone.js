// Cone: what happened before an event and what happened after it, by the vector clocks.
//
// e happened before f if f knows of e: f's clock has, for e's sender, e's step or a later one. So
// the past of f is read off f's clock, and the future of e is all whose clock has e's step. Clocks
// are told as what has changed since the sender's last one, so one pass over the rows is enough.

const PAST = 1;
const FUTURE = 2;
const SELF = 3;

// The clock of the delivery in this row: the latest step it knows of each sender.
function clockOf(run, wanted) {
  const clock = new Float64Array(run.actors.length).fill(NONE);
  const { clocks, clockWho, clockAge } = run.clocks;
  const sender = run.actor[wanted];
  for (let row = 0, at = 0; row <= wanted; row += 1) {
    const end = at + clocks[row];
    if (run.actor[row] === sender && run.isDelivery(row)) {
      for (; at < end; at += 1) clock[clockWho[at]] = run.step[row] - clockAge[at];
    }
    at = end;
  }
  clock[sender] = run.step[wanted];
  return clock;
}

// For each row PAST, FUTURE, SELF or 0; null if there is no clock to go by.
function cone(run, row) {
  const self = run.clocks && run.deliveryAt(run.step[row]);
  if (self === null || self === NONE) return null;
  const relation = new Uint8Array(run.rows);
  const past = clockOf(run, self);
  const sender = run.actor[self];
  const step = run.step[self];
  const known = new Float64Array(run.actors.length).fill(NONE); // of the sender, by each
  const { clocks, clockWho, clockAge } = run.clocks;
  let verdict = 0;
  for (let at = 0, first = 0, here = 0; here < run.rows; here += 1) {
    const end = at + clocks[here];
    const by = run.actor[here];
    if (run.isDelivery(here)) {
      for (; at < end; at += 1) {
        if (clockWho[at] === sender) known[by] = run.step[here] - clockAge[at];
      }
      if (by === sender) known[by] = run.step[here];
      if (here === self) verdict = SELF;
      else if (past[by] >= run.step[here]) verdict = PAST;
      else verdict = known[by] >= step ? FUTURE : 0;
    }
    at = end;
    // what else there is at a step has the clock of its delivery, before it or after it
    if (here + 1 === run.rows || run.step[here + 1] !== run.step[here]) {
      if (run.step[here] === 0) verdict = PAST;
      relation.fill(verdict, first, here + 1);
      first = here + 1;
      verdict = 0;
    }
  }
  return relation;
}

// The message that a row which is none came of: of a violation, the last that a party sent.
function source(run, row) {
  const found = run.violations.find((each) => each.row === row);
  const parties = new Set(found ? found.parties : []);
  for (let at = row; parties.size && at >= 0; at -= 1) {
    if (run.isDelivery(at) && parties.has(run.actor[at])) return at;
  }
  return run.deliveryAt(run.step[row]);
}

// The chain of causes: the message, the one that let its sender go on, and so on to the start.
function why(run, row, most) {
  const chain = [];
  let here = run.isDelivery(row) ? row : source(run, row);
  let left = 0;
  if (here !== NONE && here !== row) chain.push(here);
  while (here >= 0) {
    here = run.cause[here];
    if (here < 0) break;
    if (chain.length < most) chain.push(here);
    else left += 1;
  }
  return { chain, left };
}
