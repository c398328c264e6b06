// Start, and the controls at the top.
const MOST_WELLS = 12000;  // drawn at once; beyond that one plate at a time

function drawOutcome() {
  const counts = countStates();
  const entry = (label, number, total, style = "") => make("div", {}, make("dt", {}, label),
    make("dd", { class: style }, format(number) + " ", make("small", {}, share(number, total))));
  byId("outcome").replaceChildren(
    entry("fields kept", counts.in, data.count, "kept"), entry("out of focus", counts.out, data.count, "out"),
    entry("blank, nothing to judge", counts.blank, data.count, "blank"),
    ...(counts.failed ? [entry("not rated", counts.failed, data.count, "failed")] : []),
    entry(`of ${format(counts.wells)} wells lose every field`, counts.lost, counts.wells));
  byId("export").disabled = counts.in === 0;
}

// What depends on the limit. The rest of the page follows when the slider rests, since it takes longer.
let limitTimer;
function setLimit(limit) {
  if (!(limit >= 0 && limit <= data.levels - 1)) return;
  view.limit = limit;
  byId("limit").value = byId("limit-number").value = limit;
  byId("limit").setAttribute("aria-valuetext", `${limit}`);
  drawOutcome();
  clearTimeout(limitTimer);
  limitTimer = setTimeout(drawAgain, 120);
}

function drawAgain() {
  const focusedCell = document.activeElement.well ? document.activeElement : null;
  drawPlates();
  if (focusedCell) focusAgain(focusedCell);
  drawLevels();
  drawTrends();
  chooseImages();
  listWell();
}

function focusAgain({ well, channel }) {
  const cell = [...document.querySelectorAll("#maps .well")].find((other) => other.well === well && other.channel === channel);
  if (cell) cell.focus();
}

function offerPlates() {
  const wellCount = [...data.sizes.values()].reduce((sum, [rows, columns]) => sum + rows * columns * data.channels.length, 0);
  const allOption = data.plateNames.length === 1 || wellCount > MOST_WELLS ? [] : [make("option", { value: "" }, "all plates")];
  byId("plate").append(...allOption, ...data.plateNames.map((plate) => make("option", { value: plate }, plate)));
  if (!allOption.length && data.plateNames.length > 1) byId("plate").after(`of ${format(data.plateNames.length)}, one at a time since they are many`);
  view.plate = byId("plate").value;
  byId("plate").addEventListener("change", (event) => {
    view.plate = event.target.value;
    drawPlates();
    drawTrends();
  });
}

function offerChannels() {
  for (const channel of data.channels) {
    const box = make("input", { type: "checkbox", checked: "", value: channel.name });
    box.addEventListener("change", () => {
      view.channels = data.channels.filter((_, place) => byId("channels").querySelectorAll("input")[place].checked);
      drawOutcome();
    });
    byId("channels").append(make("label", {}, box, channel.name));
  }
  view.channels = data.channels;
  byId("channels").hidden = data.channels.length === 1;
}

function save() {
  const link = make("a", { href: URL.createObjectURL(new Blob([keptTable()], { type: "text/csv" })), download: "kept_image_sets.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function start() {
  await load();
  offerPlates();
  offerChannels();
  listenToMaps();
  listenToTable();
  byId("limit").addEventListener("input", (event) => setLimit(Number(event.target.value)));
  byId("limit-number").addEventListener("change", (event) => setLimit(Number(event.target.value)));
  byId("limit-default").addEventListener("click", () => setLimit(data.limit));
  byId("palette").addEventListener("change", (event) => {
    view.palette = event.target.value;
    drawPlates();
    drawLevels();
    for (const picture of document.querySelectorAll("img[data-palette]")) picture.hidden = picture.dataset.palette !== view.palette;
  });
  byId("export").addEventListener("click", save);
  setLimit(data.limit);
  clearTimeout(limitTimer);
  drawAgain();
  document.body.dataset.ready = "yes";
}

start().catch((error) => {
  const tooOld = typeof DecompressionStream === "undefined" ? " It needs Chrome or Edge 80, Firefox 113 or Safari 16.4, or newer." : "";
  byId("failure").textContent = `This browser could not draw the report: ${error.message}.${tooOld}`;
  byId("failure").hidden = false;
  throw error;
});
