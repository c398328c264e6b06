"use strict";
// What the page works on. A field is an image set: its numbers are at the same place in every list.
let data, wells, wellByField;
const STATES = {
  in: { label: "in focus", sign: "✓", style: "kept" },
  out: { label: "out of focus", sign: "×", style: "out" },
  blank: { label: "blank", sign: "–", style: "blank" },
  failed: { label: "not rated", sign: "!", style: "failed" },
};
const FILE_PREFIXES = ["Image_FileName_", "Image_PathName_", "Frame_", "Series_"];
const view = { limit: 0, plate: "", palette: "hue", channels: [] };

const byId = (id) => document.getElementById(id);
const format = (number) => number.toLocaleString("en");
const share = (part, total) => (total ? (100 * part / total).toFixed(1) : "0.0") + " %";
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const compareTexts = new Intl.Collator("en", { numeric: true }).compare;

// Texts become text nodes and attributes, never markup: a file named <script> is only a name.
function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json();
}

async function load() {
  data = await unpack(byId("data").textContent);
  for (const name of ["plates", "wells", "sites"]) data[name] = decode(data[name]);
  for (const name in data.load) data.load[name] = decode(data.load[name]);
  data.positions = new Map(Object.entries(data.positions));
  data.sizes = new Map(Object.entries(data.sizes));
  data.count = data.plates.length;
  for (const channel of data.channels) {
    channel.errors = new Map(Object.entries(channel.errors).map(([row, text]) => [Number(row), text]));
    channel.planes = decode(channel.planes);
  }
  data.plateNames = [...new Set(data.plates)].sort(compareTexts);
  groupWells();
}

function decode(column) {
  return column.places ? column.places.map((place) => column.texts[place]) : column.texts;
}

// Each well of each plate once, with its fields; fields without a well are in none.
function groupWells() {
  const indices = new Map();
  wells = [];
  wellByField = new Int32Array(data.count).fill(-1);
  for (let field = 0; field < data.count; field++) {
    if (!data.wells[field]) continue;
    const key = JSON.stringify([data.plates[field], data.wells[field]]);
    if (!indices.has(key)) {
      indices.set(key, wells.length);
      wells.push({ plate: data.plates[field], name: data.wells[field], position: data.positions.get(data.wells[field]), fields: [] });
    }
    wellByField[field] = indices.get(key);
    wells[wellByField[field]].fields.push(field);
  }
}

// State of a field in a channel; null where it has no image.
function stateOf(channel, field) {
  if (channel.Score[field] === null) return channel.errors.has(field) ? "failed" : null;
  if (channel.CertainFraction[field] < data.blank) return "blank";
  return channel.ExpectedScore[field] > view.limit ? "out" : "in";
}

// A field is kept if it is in focus in all channels that count. Otherwise its state is the first of: out of focus in one of
// them, not rated, blank. A field that lacks an image of a channel is not rated: LoadData stops at an image set without a file.
function stateOfField(field) {
  let worst = null;
  for (const channel of view.channels) {
    const state = stateOf(channel, field);
    if (state === "out") return "out";
    if (state === "failed" || lacksFile(channel, field)) worst = "failed";
    else if (worst === null || (state === "blank" && worst !== "failed")) worst = state;
  }
  return worst || "failed";
}

function lacksFile(channel, field) {
  return Boolean(channel.file) && !data.load[channel.file][field];
}

function fieldsToJudge(channel, fields) {
  return fields.filter((field) => channel.Score[field] !== null && channel.CertainFraction[field] >= data.blank);
}

// How many fields are in each state, and how many wells lose every field, at the limit that is set.
function countStates() {
  const counts = { in: 0, out: 0, blank: 0, failed: 0 };
  const keepsField = new Uint8Array(wells.length);
  for (let field = 0; field < data.count; field++) {
    const state = stateOfField(field);
    counts[state]++;
    if (state === "in" && wellByField[field] >= 0) keepsField[wellByField[field]] = 1;
  }
  return { ...counts, wells: wells.length, lost: keepsField.filter((keeps) => !keeps).length };
}

function color(level, certainty, palette = view.palette) {
  const [levels, certainties] = data.steps;
  const row = Math.round((level / (data.levels - 1)) * (levels - 1));
  return "#" + data.palettes[palette][row * certainties + Math.round(certainty * (certainties - 1))];
}

// The kept image sets as LoadData reads them, without the files of channels that do not count. Images that were not rated are
// in it, too: the next pipeline may need them.
function keptTable() {
  const uncounted = data.channels.filter((channel) => !view.channels.includes(channel));
  const leaveOut = new Set(uncounted.flatMap(({ name }) => FILE_PREFIXES.map((prefix) => prefix + name)));
  const names = Object.keys(data.load).filter((name) => !leaveOut.has(name));
  const quote = (text) => (/[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text);
  const lines = [names.map(quote).join(",")];
  for (let field = 0; field < data.count; field++) {
    if (stateOfField(field) === "in") lines.push(names.map((name) => quote(data.load[name][field])).join(","));
  }
  return lines.join("\n") + "\n";
}
