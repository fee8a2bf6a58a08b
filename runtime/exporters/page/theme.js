// Theme: light or dark, as the system is or as the button says; paper is always light.

class Theme {
  constructor(changed) {
    this.changed = changed;
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.print = matchMedia("print");
    this.chosen = remembered();
    this.paper = false;
    this.dark.addEventListener("change", () => this.apply());
    this.print.addEventListener("change", () => this.onPaper(this.print.matches));
    addEventListener("beforeprint", () => this.onPaper(true));
    addEventListener("afterprint", () => this.onPaper(false));
    byId("theme").addEventListener("click", () => {
      this.chosen = this.name === "dark" ? "light" : "dark";
      remember(this.chosen);
      this.apply();
    });
    this.paper = this.print.matches;
    this.apply();
  }

  get name() {
    return this.chosen || (this.dark.matches ? "dark" : "light");
  }

  onPaper(paper) {
    this.paper = paper;
    this.apply();
  }

  apply() {
    document.documentElement.toggleAttribute("data-paper", this.paper);
    document.documentElement.dataset.theme = this.paper ? "light" : this.name;
    byId("theme").setAttribute("aria-pressed", String(this.name === "dark"));
    readPalette();
    this.changed(this.paper);
  }
}

// A browser may keep nothing for a page from a file.
function remembered() {
  try {
    const found = localStorage.getItem("slabrace-theme");
    return found === "dark" || found === "light" ? found : null;
  } catch {
    return null;
  }
}

function remember(name) {
  try {
    localStorage.setItem("slabrace-theme", name);
  } catch {
    // then it is forgotten
  }
}
