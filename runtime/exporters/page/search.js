// Search: words or a regular expression, over names, events, messages and fields.
//
// A run has far fewer texts than events, so the texts are searched and the rows that point to a text
// that was found are the hits. Words must all be in the row; name=word asks one field.

function find(run, query, isRegexp) {
  const tests = isRegexp
    ? [matcher(run, null, new RegExp(query, "iu"))]
    : query.split(/\s+/).filter(Boolean).map((word) => wordMatcher(run, word));
  const hits = [];
  if (tests.length === 0) return Int32Array.from(hits);
  for (let row = 0; row < run.rows; row += 1) {
    if (tests.every((test) => test(row))) hits.push(row);
  }
  return Int32Array.from(hits);
}

function wordMatcher(run, word) {
  const [, name, rest] = /^(\w+)=(.*)$/su.exec(word) || [null, null, word];
  return matcher(run, name, new RegExp(rest.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "iu"));
}

function matcher(run, name, pattern) {
  const text = Uint8Array.from(run.text, (each) => pattern.test(shown(each)));
  const value = Uint8Array.from(run.value, (each) => pattern.test(plain(each)));
  const actor = Uint8Array.from(run.actors, (each) => pattern.test(each.name));
  const inField = (row) => {
    const first = run.offsets[row];
    const names = run.shapes[run.shape[row]];
    for (let at = 0; at < names.length; at += 1) {
      const asked = name === null || run.text[names[at]] === name;
      if (asked && value[run.values[first + at]]) return true;
    }
    return false;
  };
  const own = {
    event: (row) => text[run.event[row]],
    actor: (row) => run.actor[row] >= 0 && actor[run.actor[row]],
    to: (row) => run.to[row] >= 0 && actor[run.to[row]],
    message: (row) => run.message[row] >= 0 && text[run.message[row]],
    step: (row) => pattern.test(String(run.step[row])),
  };
  if (name !== null) return (row) => (own[name] || inField)(row);
  return (row) => own.event(row) || own.actor(row) || own.to(row) || own.message(row) || inField(row);
}
