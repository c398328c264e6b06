// The table of all images: a page at a time, so that hundreds of thousands of rows scroll as smoothly as ten.
const PAGE_ROWS = 100;
const COLUMNS = [
  { name: "Plate", value: ({ field }) => data.plates[field] },
  { name: "Well", value: ({ field }) => data.wells[field] },
  { name: "Site", value: ({ field }) => data.sites[field] },
  { name: "Channel", value: ({ channel }) => channel.name },
  { name: "Level", value: ({ channel, field }) => channel.Score[field], digits: 0 },
  { name: "ExpectedScore", value: ({ channel, field }) => channel.ExpectedScore[field], digits: 2 },
  { name: "Certainty", value: ({ channel, field }) => channel.Certainty[field], digits: 2 },
  { name: "CertainFraction", value: ({ channel, field }) => channel.CertainFraction[field], digits: 2 },
  { name: "State", value: ({ channel, field }) => STATES[stateOf(channel, field)].label },
  { name: "File", value: (image) => fileOf(image) },
];
const listing = { images: [], page: 0, column: -1, descending: false };

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
    const value = column.value(image);
    if ("digits" in column) return make("td", { class: "number" }, value === null ? "–" : value.toFixed(column.digits));
    if (column.name === "State") return stateCell(image);
    return make("td", column.name === "File" ? { class: "file" } : {}, value);
  }));
}

function stateCell({ channel, field }) {
  const state = STATES[stateOf(channel, field)];
  const reason = channel.errors.get(field);
  return make("td", { class: state.style }, `${state.sign} ${state.label}${reason ? ": " + reason : ""}`);
}

function chooseImages() {
  const words = splitWords(byId("search").value.toLowerCase());
  const [name, state] = [byId("table-channel").value, byId("table-state").value];
  const channels = data.channels.filter((channel) => !name || channel.name === name);
  listing.images = [];
  for (let field = 0; field < data.count; field++) {
    for (const channel of channels) {
      const fieldState = stateOf(channel, field);
      if (fieldState && (!state || fieldState === state) && (!words.length || matches({ channel, field }, words))) listing.images.push({ channel, field });
    }
  }
  sortImages();
}

// "plane 3" is one word, and ends with its line: not plane 30, nor plane 0 of well B03.
function splitWords(text) {
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
    const sign = listing.descending ? -1 : 1;
    const compare = "digits" in column ? (a, b) => a - b : compareByRank(listing.images.map(column.value));
    const pairs = listing.images.map((image) => [column.value(image), image]);
    // What has no number comes last, whichever way the rest goes.
    pairs.sort(([a], [b]) => (a === null) - (b === null) || (a === null ? 0 : sign * compare(a, b)));
    listing.images = pairs.map(([, image]) => image);
  }
  listing.page = 0;
  drawTable();
}

// Compares texts by their rank among all of them, since comparing the texts themselves takes long. Where there are very many
// different ones, numbers in them are not compared by value, since that takes long, too.
function compareByRank(texts) {
  const different = [...new Set(texts)];
  const ranks = new Map(different.sort(different.length > 20000 ? undefined : compareTexts).map((text, rank) => [text, rank]));
  return (a, b) => ranks.get(a) - ranks.get(b);
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
    const isSorted = place === listing.column;
    cell.setAttribute("aria-sort", !isSorted ? "none" : listing.descending ? "descending" : "ascending");
    cell.firstChild.textContent = COLUMNS[place].name + (!isSorted ? "" : listing.descending ? " ▼" : " ▲");
  });
}

function turnPages(count) {
  listing.page += count;
  drawTable();
  byId("table").parentElement.scrollTop = 0;
}

function listenToTable() {
  const header = headerRow();
  [...header.cells].forEach((cell, place) => {
    const button = make("button", { type: "button" }, cell.textContent);
    button.addEventListener("click", () => {
      listing.descending = place === listing.column && !listing.descending;
      listing.column = place;
      sortImages();
    });
    cell.replaceChildren(button);
  });
  byId("table").tHead.replaceChildren(header);
  byId("table-channel").append(make("option", { value: "" }, "all"), ...data.channels.map(({ name }) => make("option", { value: name }, name)));
  byId("table-state").append(make("option", { value: "" }, "all"),
    ...Object.entries(STATES).map(([state, { label }]) => make("option", { value: state }, label)));
  let searchTimer;
  byId("search").addEventListener("input", () => {
    clearTimeout(searchTimer);
    searchTimer = setTimeout(chooseImages, 200);
  });
  for (const id of ["table-channel", "table-state"]) byId(id).addEventListener("change", chooseImages);
  byId("previous").addEventListener("click", () => turnPages(-1));
  byId("next").addEventListener("click", () => turnPages(1));
}
