// Wire: which button, field and pointer calls what.

function wire(app) {
  const press = (id, action) => byId(id).addEventListener("click", action);
  press("previous", () => app.move(-1));
  press("next", () => app.move(1));
  press("violation", () => app.goViolation());
  press("cone", () => app.toggleCone());
  press("hit-back", () => app.moveHit(-1));
  press("hit-on", () => app.moveHit(1));
  press("smaller", () => app.zoomBy(-1));
  press("larger", () => app.zoomBy(1));
  press("link", async () => {
    app.address.now();
    app.say((await copy(location.href)) ? "Link copied." : `The link: ${location.href}`);
  });
  byId("violation").disabled = app.run.violations.length === 0;
  byId("cone").disabled = app.run.clocks === null;
  wireFields(app);
  wirePointer(app);
  wireKeys(app);
  wireCopies();
  byId("scroller").addEventListener("scroll", () => { app.view.scrolled(); app.redraw(); });
  new ResizeObserver(() => app.measured()).observe(byId("scroller"));
  addEventListener("hashchange", () => app.follow());
}

function wireFields(app) {
  byId("goto").addEventListener("change", ({ target }) => {
    const step = Number(target.value.replace(/\D/g, ""));
    app.go(app.run.rowAt(step));
  });
  let timer = 0;
  byId("query").addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => app.search(), 120);
  });
  byId("regexp").addEventListener("change", () => app.search());
  byId("query").addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      clearTimeout(timer);
      app.search();
      app.moveHit(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape") {
      byId("query").value = "";
      app.search();
      byId("diagram").focus({ preventScroll: true });
    }
  });
}

function wirePointer(app) {
  const canvas = byId("canvas");
  canvas.addEventListener("click", ({ offsetX, offsetY }) => {
    const lane = app.view.laneAt(offsetX);
    const row = app.view.rowAt(offsetY);
    byId("diagram").focus({ preventScroll: true });
    if (row < 0) {
      if (lane >= 0) app.choose(app.lanes.lanes[lane].actors[0]);
      return;
    }
    app.go(row);
    if (app.run.clocks) app.showCone(row);
  });
  byId("rows").addEventListener("click", ({ target }) => {
    const line = target.closest("tr");
    if (line) app.go(Number(line.dataset.row));
  });
  app.hover = new Hover(app.run, app.lanes, app.view, canvas);
}
