// The table of all images: a page at a time, so that hundreds of thousands of rows scroll as smoothly as ten.
const PAGE_ROWS = 100;
const COLUMNS = [
  { name: "Plate", of: ({ field }) => data.plates[field] },
  { name: "Well", of: ({ field }) => data.wells[field] },
  { name: "Site", of: ({ field }) => data.sites[field] },
  { name: "Channel", of: ({ channel }) => channel.name },
  { name: "Level", of: ({ channel, field }) => channel.Score[field], digits: 0 },
  { name: "ExpectedScore", of: ({ channel, field }) => channel.ExpectedScore[field], digits: 2 },
  { name: "Certainty", of: ({ channel, field }) => channel.Certainty[field], digits: 2 },
  { name: "CertainFraction", of: ({ channel, field }) => channel.CertainFraction[field], digits: 2 },
  { name: "State", of: ({ channel, field }) => STATES[stateOf(channel, field)].label },
  { name: "File", of: (image) => fileOf(image) },
];
const listing = { images: [], page: 0, column: -1, down: false };

const isImage = ({ channel, field }) => stateOf(channel, field) !== null;
const fileOf = ({ channel, field }) => {
  const name = channel.file ? data.load[channel.file][field] : "";
  const plane = channel.planes[field];
  return [name, plane && `plane ${plane}`].filter(Boolean).join(", ");
};

function headerRow() {
  return make("tr", {}, ...COLUMNS.map((column) => make("th", { scope: "col", ...("digits" in column ? { class: "number" } : {}) }, column.name)));
}

function imageRow(image) {
  return make("tr", {}, ...COLUMNS.map((column) => {
    const value = column.of(image);
    if ("digits" in column) return make("td", { class: "number" }, value === null ? "–" : value.toFixed(column.digits));
    if (column.name === "State") return stateCell(image);
    return make("td", column.name === "File" ? { class: "file" } : {}, value);
  }));
}

function stateCell({ channel, field }) {
  const state = STATES[stateOf(channel, field)];
  const why = channel.errors.get(field);
  return make("td", { class: state.style }, `${state.sign} ${state.label}${why ? ": " + why : ""}`);
}

function chooseImages() {
  const words = wordsOf(byId("search").value.toLowerCase());
  const [name, state] = [byId("table-channel").value, byId("table-state").value];
  const channels = data.channels.filter((channel) => !name || channel.name === name);
  listing.images = [];
  for (let field = 0; field < data.count; field++) {
    for (const channel of channels) {
      const found = stateOf(channel, field);
      if (found && (!state || found === state) && (!words.length || matches({ channel, field }, words))) listing.images.push({ channel, field });
    }
  }
  sortImages();
}

// "plane 3" is one word, and ends with its line: not plane 30, nor plane 0 of well B03.
function wordsOf(text) {
  return (text.match(/plane \d+|\S+/g) || []).map((word) => (/^plane \d/.test(word) ? word + "\n" : word));
}

function matches(image, words) {
  const { channel, field } = image;
  const text = [data.plates[field], data.wells[field], data.sites[field], channel.name, fileOf(image), channel.errors.get(field)].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

function sortImages() {
  const column = COLUMNS[listing.column];
  if (column) {
    const sign = listing.down ? -1 : 1;
    const compare = "digits" in column ? (a, b) => a - b : ranks(listing.images.map(column.of));
    const keyed = listing.images.map((image) => [column.of(image), image]);
    // What has no number comes last, whichever way the rest goes.
    keyed.sort(([a], [b]) => (a === null) - (b === null) || (a === null ? 0 : sign * compare(a, b)));
    listing.images = keyed.map(([, image]) => image);
  }
  listing.page = 0;
  drawTable();
}

// Compares texts by their place among all of them, since comparing the texts themselves takes long; so does ordering very
// many with their numbers by value.
function ranks(texts) {
  const different = [...new Set(texts)];
  const place = new Map(different.sort(different.length > 20000 ? undefined : inOrder).map((text, rank) => [text, rank]));
  return (a, b) => place.get(a) - place.get(b);
}

function drawTable() {
  const first = listing.page * PAGE_ROWS;
  const images = listing.images.slice(first, first + PAGE_ROWS);
  byId("table").tBodies[0].replaceChildren(...images.map(imageRow));
  byId("table-count").textContent = images.length
    ? `${format(first + 1)} to ${format(first + images.length)} of ${format(listing.images.length)} images` : "No image fits the search";
  byId("previous").disabled = first === 0;
  byId("next").disabled = first + PAGE_ROWS >= listing.images.length;
  [...byId("table").tHead.rows[0].cells].forEach((cell, place) => {
    const sorted = place === listing.column;
    cell.setAttribute("aria-sort", !sorted ? "none" : listing.down ? "descending" : "ascending");
    cell.firstChild.textContent = COLUMNS[place].name + (!sorted ? "" : listing.down ? " ▼" : " ▲");
  });
}

function turn(pages) {
  listing.page += pages;
  drawTable();
  byId("table").parentElement.scrollTop = 0;
}

function listenToTable() {
  const header = headerRow();
  [...header.cells].forEach((cell, place) => {
    const button = make("button", { type: "button" }, cell.textContent);
    button.addEventListener("click", () => {
      listing.down = place === listing.column && !listing.down;
      listing.column = place;
      sortImages();
    });
    cell.replaceChildren(button);
  });
  byId("table").tHead.replaceChildren(header);
  byId("table-channel").append(make("option", { value: "" }, "all"), ...data.channels.map(({ name }) => make("option", { value: name }, name)));
  byId("table-state").append(make("option", { value: "" }, "all"),
    ...Object.entries(STATES).map(([state, { label }]) => make("option", { value: state }, label)));
  let waiting;
  byId("search").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(chooseImages, 200);
  });
  for (const id of ["table-channel", "table-state"]) byId(id).addEventListener("change", chooseImages);
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
}
