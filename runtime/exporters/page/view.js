// View: which rows and lanes are in view, and where they are on the screen.
//
// The scroller is as high as the run would be, up to what a browser can scroll; what is seen is a
// window that sticks to it and draws only its own rows.

const ZOOMS = [0.1, 0.25, 0.5, 1, 2, 4, 8, 14, 22];
const TEXT_ROW = 22; // pixels that a line of text needs
const TALLEST = 8_000_000; // pixels that every browser can scroll
const NARROW = 26;
const WIDE = 150;
const UPRIGHT = 110; // in narrower lanes names that do not fit stand on a slant,
const SLANT = 56; // which needs room at the right

class View {
  constructor(run, lanes) {
    this.run = run;
    this.lanes = lanes;
    this.scroller = byId("scroller");
    this.spacer = byId("spacer");
    this.zoom = ZOOMS.length - 1;
    this.paper = false;
    this.top = 0;
    this.left = 0;
    this.measure();
  }

  get rowHeight() { return ZOOMS[this.zoom]; }

  get head() { return this.slanted ? 112 : 44; }

  // Rows that fit below the head.
  get visible() { return (this.height - this.head) / this.rowHeight; }

  // Take the sizes of everything again; the first row stays where it is.
  measure() {
    const { top } = this;
    byId("window").style.width = `${this.scroller.clientWidth}px`;
    this.measureLanes();
    this.full = this.run.rows * this.rowHeight + this.head + 12;
    this.spacer.style.height = `${Math.min(this.full, TALLEST)}px`;
    byId("room").style.setProperty("--full", `${this.full + 20}px`);
    byId("list").style.setProperty("--head-height", `${this.head}px`);
    this.height = this.scroller.clientHeight; // which follows from the above
    byId("window").style.height = `${this.height}px`;
    this.scrollTo(top);
  }

  measureLanes() {
    this.width = byId("diagram").clientWidth;
    this.margin = 12;
    const room = this.width - 2 * this.margin;
    const lanes = Math.max(1, this.lanes.lanes.length);
    const wanted = Math.min(WIDE, room / lanes);
    this.slanted = wanted < UPRIGHT && wanted < this.lanes.widest() + 8;
    const narrow = this.paper ? NARROW / 2 : NARROW; // paper does not scroll
    this.laneWidth = this.slanted ? Math.max(narrow, Math.min(WIDE, (room - SLANT) / lanes)) : wanted;
    const wide = 2 * this.margin + lanes * this.laneWidth + (this.slanted ? SLANT : 0);
    this.spacer.style.width = `${this.scroller.clientWidth + Math.max(0, wide - this.width)}px`;
  }

  // How many rows one scrolled pixel stands for, if the run is higher than a page can be.
  get squeeze() {
    const can = Math.min(this.full, TALLEST) - this.height;
    return can > 0 ? Math.max(1, (this.full - this.height) / can) : 1;
  }

  // Onto paper and off again: the scroller forgets its place, so the window keeps it.
  putOnPaper(paper, row) {
    if (paper === this.paper) return;
    const { top } = this;
    const seen = row >= top && row < top + this.visible;
    this.paper = paper;
    this.measure();
    if (!paper) this.scrollTo(top);
    else this.top = seen ? Math.max(top, Math.ceil(row + 2 - this.visible)) : top;
  }

  scrolled() {
    if (this.paper) return;
    this.top = (this.scroller.scrollTop * this.squeeze) / this.rowHeight;
    this.left = this.scroller.scrollLeft;
  }

  scrollTo(row) {
    this.scroller.scrollTop = (row * this.rowHeight) / this.squeeze;
    this.scrolled();
  }

  // Bring the row into view, with some of what is around it.
  reveal(row, lane = NONE) {
    const around = Math.min(3, this.visible / 4);
    if (row < this.top + around) this.scrollTo(Math.max(0, Math.round(row - this.visible / 3)));
    else if (row + 1 > this.top + this.visible - around) this.scrollTo(Math.round(row - (this.visible * 2) / 3));
    if (lane < 0) return;
    const x = this.x(lane);
    if (x < 20 || x > this.width - 20) {
      this.scroller.scrollLeft = this.left + x - this.width / 2;
      this.scrolled();
    }
  }

  zoomTo(zoom, row) {
    const at = Math.min(Math.max(this.top, row), this.top + this.visible) - this.top;
    const y = at * this.rowHeight;
    this.zoom = Math.max(0, Math.min(ZOOMS.length - 1, zoom));
    this.measure();
    this.scrollTo(row - y / this.rowHeight);
  }

  y(row) { return this.head + (row - this.top + 0.5) * this.rowHeight; }

  x(lane) { return this.margin + (lane + 0.5) * this.laneWidth - this.left; }

  rowAt(y) {
    const row = Math.floor(this.top + (y - this.head) / this.rowHeight);
    return y < this.head || row < 0 || row >= this.run.rows ? NONE : row;
  }

  laneAt(x) {
    const lane = Math.floor((x - this.margin + this.left) / this.laneWidth);
    return lane < 0 || lane >= this.lanes.lanes.length ? NONE : lane;
  }

  // The first row in view, the one after the last.
  get first() { return Math.max(0, Math.floor(this.top)); }

  get end() { return Math.min(this.run.rows, Math.ceil(this.top + this.visible)); }
}
