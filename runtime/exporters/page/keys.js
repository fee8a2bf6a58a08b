// Keys: what each does, in one table, which is also what the help shows.
//
// Letters work in the diagram and where nothing has the focus, so that no field loses a letter and
// no reader of screens a command.

function keyTable(app) {
  return [
    [["j", "ArrowDown"], "next event", () => app.move(1)],
    [["k", "ArrowUp"], "event before", () => app.move(-1)],
    [["PageDown", " "], "a window on", () => app.move(app.pageRows())],
    [["PageUp"], "a window back", () => app.move(-app.pageRows())],
    [["Home", "g"], "first event", () => app.go(0)],
    [["End", "G"], "last event", () => app.go(app.run.rows - 1)],
    [["ArrowRight", "l"], "next lane", () => app.moveLane(1)],
    [["ArrowLeft", "h"], "lane before", () => app.moveLane(-1)],
    [["n"], "next event of the actor", () => app.moveInLane(1)],
    [["p", "N"], "event of the actor before", () => app.moveInLane(-1)],
    [["v"], "the violation", () => app.goViolation()],
    [["c"], "causal cone of this event, and off again", () => app.toggleCone()],
    [["]"], "next event in the cone", () => app.moveInCone(1)],
    [["["], "event in the cone before", () => app.moveInCone(-1)],
    [["b"], "back to the cause of this message", () => app.goCause()],
    [["f"], "only the lanes of the cone, and all again", () => app.toggleOnly()],
    [["/"], "search", () => { byId("query").focus(); byId("query").select(); }],
    [[">", "."], "next hit", () => app.moveHit(1)],
    [["<", ","], "hit before", () => app.moveHit(-1)],
    [["+", "="], "larger rows", () => app.zoomBy(1)],
    [["-"], "smaller rows", () => app.zoomBy(-1)],
    [["d"], "dark or light", () => byId("theme").click()],
    [["Escape"], "cone, search, choice of lane off", () => app.escape()],
    [["?"], "this list", () => byId("keys").showModal()],
  ];
}

const KEY_NAMES = {
  ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→", " ": "space", PageDown: "page down",
  PageUp: "page up", Escape: "esc", Home: "home", End: "end",
};

function wireKeys(app) {
  const table = keyTable(app);
  const actions = new Map(table.flatMap(([keys, , action]) => keys.map((key) => [key, action])));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || byId("keys").open) return;
    const { target } = event;
    const free = target === document.body || target === byId("diagram") || target === byId("scroller");
    if (!free || !actions.has(event.key)) return;
    event.preventDefault();
    actions.get(event.key)();
  });
  byId("key-rows").replaceChildren(...table.map(([keys, words]) =>
    make("tr", null,
      make("th", { scope: "row" }, ...keys.flatMap((key, at) =>
        [...(at ? [" "] : []), make("kbd", null, KEY_NAMES[key] || key)])),
      make("td", null, words))));
  byId("help").addEventListener("click", () => byId("keys").showModal());
}
