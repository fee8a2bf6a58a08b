// Legend: every sign beside what it means, drawn by the hand that draws the diagram.

function fillLegend(run) {
  const there = new Set(run.spans.map(({ name }) => name));
  const context = (canvas) => canvas.getContext("2d");
  const entries = [];
  const messages = [
    ["a message that writes, from where it was sent to where it arrived",
      (c) => { drawFlight(c, 6, 4, 44, 16, false, true); drawArrival(c, 46, 16, true, 4); }],
    ["a message that only reads",
      (c) => { drawFlight(c, 6, 4, 44, 16, false, false); drawArrival(c, 46, 16, false, 4); }],
    [`it waited for more than ${NEAR} rows beside its sender`,
      (c) => { drawFlight(c, 6, 0, 44, 20, true, true); drawArrival(c, 46, 20, true, 4); }],
  ];
  if (run.event.includes(run.deliver)) entries.push(...messages);
  if (run.event.includes(run.answer)) {
    entries.push(["an answer that came later", (c) => drawAnswer(c, 50, 6, 12)]);
  }
  entries.push(
    ["an event that its actor noted", (c) => drawNote(c, 26, 12, 3)],
    ...run.spanNames.map((name, number) => [name,
      (c) => hatch(c, number, 21, 1, 9, 22, spanColour(number))]).filter(([name]) => there.has(name)),
  );
  if (run.lives.length) {
    const life = (turns) => (c) => drawLife(c, 26, 14,
      { allocated: null, published: null, retired: null, freed: null, ...turns }, 2, 22);
    entries.push(["an object: allocated, nobody else can see it", life({ allocated: -40, published: 80 })],
      ["published", life({ allocated: -60, published: -50 })],
      ["retired: waiting to be freed", life({ allocated: -60, published: -50, retired: -40 })],
      ["freed", life({ allocated: -60, published: -50, retired: -40, freed: 12 })]);
  }
  if (run.violations.length) entries.push(["the violation, at its parties", (c) => drawCross(c, 26, 12, 6)]);
  if (run.clocks) {
    entries.push(["▲ before, ▼ after the event of the causal cone; what is neither is pale", null]);
  }
  byId("legend").replaceChildren(...entries.map(([words, draw]) => {
    const sample = make("canvas", { width: 104, height: 48 });
    sample.setAttribute("aria-hidden", "true");
    if (draw) {
      context(sample).scale(2, 2);
      context(sample).beginPath();
      context(sample).rect(0, 0, 52, 24);
      context(sample).clip();
      draw(context(sample));
    }
    return make("li", null, ...(draw ? [sample] : []), words);
  }));
}
