// States: what an object is at a row, from its first state and what each delivery changed in it.

// [[word, JSON, changed here], ...], or null if the log does not tell.
function stateAt(run, actor, row) {
  const found = new Map();
  const first = run.actors[actor].state;
  const wanted = first ? new Set(Object.keys(first)) : null;
  const rows = run.ofActor(actor);
  for (let at = firstAtLeast(rows, row + 1) - 1; at >= 0; at -= 1) {
    const changes = run.to[rows[at]] === actor ? run.field(rows[at], "changes") : undefined;
    for (const [word, value] of Object.entries(changes || {})) {
      if (!found.has(word)) found.set(word, [word, JSON.stringify(value), rows[at] === row]);
      if (wanted) wanted.delete(word);
    }
    if (wanted && wanted.size === 0) break;
  }
  for (const [word, value] of Object.entries(first || {})) {
    if (!found.has(word)) found.set(word, [word, JSON.stringify(value), false]);
  }
  if (found.size === 0) return null;
  return [...found.values()].sort((one, other) => (one[0] < other[0] ? -1 : 1));
}

// The last messages that reached it.
function saidTo(run, actor, row, most) {
  const rows = run.ofActor(actor);
  const said = [];
  for (let at = firstAtLeast(rows, row + 1) - 1; at >= 0 && said.length < most; at -= 1) {
    if (run.to[rows[at]] === actor && run.isDelivery(rows[at])) said.push(rows[at]);
  }
  return said;
}

// Where it is in its life, in words, with the row of the last turn.
function lifeAt(run, actor, row) {
  const words = [];
  for (const life of run.lives) {
    if (life.actor !== actor) continue;
    for (const turn of ["allocated", "published", "retired", "freed"]) {
      if (life[turn] >= 0 && life[turn] <= row) words.push([turn, life[turn]]);
    }
  }
  return words;
}

// The bars of the actor that are open at the row.
function openAt(run, actor, row) {
  return run.spans.filter((span) => span.actor === actor && span.begin <= row && row <= span.end);
}
