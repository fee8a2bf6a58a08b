// Link: the place in the run as the part of the address after #, both ways.

const REST = 250; // milliseconds without a move before the address follows

function readLink() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const number = (name) => (/^\d+$/.test(asked.get(name) || "") ? Number(asked.get(name)) : null);
  return {
    run: asked.get("run"), step: number("step"), at: number("at") || 0,
    actor: asked.get("actor"), cone: asked.get("cone") === "1",
  };
}

// step is which step, at which of the rows of that step.
function linkTo(run, state) {
  const link = new URLSearchParams();
  if (run.name) link.set("run", run.name);
  link.set("step", String(run.step[state.row]));
  const at = state.row - run.rowAt(run.step[state.row]);
  if (at) link.set("at", String(at));
  if (state.chosen >= 0) link.set("actor", run.actors[state.chosen].raw);
  if (state.anchor === state.row) link.set("cone", "1");
  return `#${link}`;
}

class Address {
  constructor(run, state) {
    Object.assign(this, { run, state, timer: 0 });
  }

  follow() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), REST);
  }

  now() {
    clearTimeout(this.timer);
    history.replaceState(null, "", linkTo(this.run, this.state));
  }
}

// Copy a text; the old way where a page from a file may not use the new one.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = make("textarea", { value: text, className: "unseen" });
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused) focused.focus({ preventScroll: true });
    return done;
  }
}

function wireCopies() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const source = byId(button.dataset.copy);
      const done = await copy(source.value || source.dataset.whole);
      byId("copied").textContent = done ? "Copied." : "Could not copy: select it and copy it by hand.";
    });
  }
}
