// Heat maps: a well is a rectangle; one of each map is in the tab order, and arrow keys move on from it.
const CELL = 10;

function letters(row) {
  return row < 26 ? String.fromCharCode(65 + row) : "A" + String.fromCharCode(65 + row - 26);
}

function shownPlates() {
  return view.plate === "" ? data.plateNames : [view.plate];
}

function drawPlates() {
  const plates = shownPlates().filter((plate) => data.sizes.has(plate));
  const maps = plates.flatMap((plate) => data.channels.map((channel) => drawPlate(plate, channel)));
  const isDense = plates.some((plate) => data.sizes.get(plate)[1] > 24);
  byId("maps").className = isDense ? "dense" : "";
  byId("maps").replaceChildren(...(maps.length ? maps : ["No field of this plate is in a known well."]));
  drawLegend();
}

function drawPlate(plate, channel) {
  const [rows, columns] = data.sizes.get(plate);
  const box = draw("svg", { viewBox: `-16 -12 ${columns * CELL + 17} ${rows * CELL + 13}`, role: "group", "aria-label": `Plate ${plate}, ${channel.name}` });
  const step = rows > 16 ? 4 : rows > 8 ? 2 : 1;
  for (let row = 0; row < rows; row += step > 1 ? step / 2 : 1) box.append(label(-4, row * CELL + 5 + 0.06 * columns, letters(row), "end", columns));
  for (let column = 0; column < columns; column += step) box.append(label(column * CELL + 5, -3, column + 1, "middle", columns));
  const wellByPosition = new Map(wells.filter((well) => well.plate === plate && well.position).map((well) => [String(well.position), well]));
  let isFirst = true;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const well = wellByPosition.get([row, column].join());
      box.append(...drawWell(well, channel, row, column, well && isFirst));
      if (well) isFirst = false;
    }
  }
  box.addEventListener("keydown", moveInPlate);
  return make("figure", {}, make("h3", {}, `${plate} · ${channel.name}`), box);
}

function label(x, y, text, anchor, columns) {
  return draw("text", { x, y, "text-anchor": anchor, style: `font-size: ${1.2 + 0.16 * columns}px`, "aria-hidden": "true" }, String(text));
}

function drawWell(well, channel, row, column, isInTabOrder) {
  const place = { x: column * CELL + 0.5, y: row * CELL + 0.5, width: CELL - 1, height: CELL - 1, rx: 1 };
  if (!well) return [draw("rect", { ...place, class: "well none" })];
  const numbers = summarize(well, channel);
  const cell = draw("rect", { ...place, class: "well", role: "button", tabindex: isInTabOrder ? 0 : -1, "aria-label": describe(well, channel, numbers) });
  cell.dataset.place = `${row},${column}`;
  cell.well = well;
  cell.channel = channel;
  cell.style.fill = numbers.rated ? color(numbers.level, numbers.certainty) : "var(--empty)";
  const shape = markOf(numbers, column * CELL + CELL / 2, row * CELL + CELL / 2);
  const marks = shape ? ["mark under", "mark"].map((name) => draw("path", { d: shape, class: name })) : [];
  return [cell, ...marks];
}

function summarize(well, channel) {
  const states = well.fields.map((field) => stateOf(channel, field)).filter(Boolean);
  const rated = well.fields.filter((field) => channel.Score[field] !== null);
  const toJudge = fieldsToJudge(channel, rated);
  const averaged = toJudge.length ? toJudge : rated;
  const count = (state) => states.filter((other) => other === state).length;
  return {
    fields: states.length, rated: rated.length, out: count("out"), blank: count("blank"), failed: count("failed"),
    level: mean(averaged.map((field) => channel.ExpectedScore[field])), certainty: mean(averaged.map((field) => channel.Certainty[field])),
  };
}

// A cross where all fields are out of focus, a dot where some are, a bar where there is nothing to judge.
function markOf(numbers, x, y) {
  if (!numbers.rated) return `M${x} ${y - 3}v3.5M${x} ${y + 2.5}v.5`;
  if (numbers.blank === numbers.rated) return `M${x - 2.5} ${y}h5`;
  if (numbers.out + numbers.blank === numbers.rated && numbers.out) return `M${x - 2.2} ${y - 2.2}l4.4 4.4m0 -4.4l-4.4 4.4`;
  return numbers.out ? `M${x + 2} ${y + 2}h.01` : "";
}

function describe(well, channel, numbers) {
  const lines = [`${well.name}, ${channel.name}`];
  if (numbers.rated) lines.push(`ExpectedScore ${numbers.level.toFixed(2)}`, `Certainty ${numbers.certainty.toFixed(2)}`);
  lines.push(`${numbers.fields} field${numbers.fields === 1 ? "" : "s"}: ${numbers.out} out of focus, ${numbers.blank} blank` +
    (numbers.failed ? `, ${numbers.failed} not rated` : ""));
  return lines.join("\n");
}

function moveInPlate(event) {
  const cell = event.target.closest(".well");
  const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!cell || !cell.well) return;
  if (event.key === "Enter" || event.key === " ") chooseWell(cell);
  else if (move) {
    let [row, column] = cell.dataset.place.split(",").map(Number);
    let next = null;
    for (let tries = 0; tries < 48 && !next; tries++) {  // over wells without fields
      row += move[0];
      column += move[1];
      next = event.currentTarget.querySelector(`[data-place="${row},${column}"]`);
    }
    if (!next) return event.preventDefault();
    cell.setAttribute("tabindex", -1);
    next.setAttribute("tabindex", 0);
    next.focus();
  } else return;
  event.preventDefault();
}

function chooseWell(cell) {
  for (const other of document.querySelectorAll(".well.chosen")) other.classList.remove("chosen");
  cell.classList.add("chosen");
  view.well = cell.well;
  listWell();
  byId("well").scrollIntoView({ block: "nearest" });
}

function listWell() {
  if (!view.well) return;
  const images = view.well.fields.flatMap((field) => data.channels.map((channel) => ({ channel, field })));
  const table = make("table", {}, make("thead", {}, headerRow()), make("tbody", {}, ...images.filter(isImage).map(imageRow)));
  byId("well").replaceChildren(make("h3", {}, `${view.well.plate} · well ${view.well.name}`), table);
}

function showTip(cell, x, y) {
  const tip = byId("tip");
  tip.textContent = cell.getAttribute("aria-label");
  tip.hidden = false;
  tip.style.left = Math.max(0, Math.min(x + 14, innerWidth - tip.offsetWidth - 8)) + "px";
  tip.style.top = Math.max(0, y + 18 + tip.offsetHeight > innerHeight ? y - tip.offsetHeight - 12 : y + 18) + "px";
}

function listenToMaps() {
  const maps = byId("maps");
  const cellUnder = (event) => (event.target.well ? event.target : null);
  const hide = () => { byId("tip").hidden = true; };
  maps.addEventListener("pointermove", (event) => (cellUnder(event) ? showTip(cellUnder(event), event.clientX, event.clientY) : hide()));
  maps.addEventListener("pointerleave", hide);
  maps.addEventListener("focusin", (event) => {
    const place = event.target.getBoundingClientRect();
    if (cellUnder(event)) showTip(event.target, place.right, place.bottom);
  });
  maps.addEventListener("focusout", hide);
  maps.addEventListener("click", (event) => cellUnder(event) && chooseWell(cellUnder(event)));
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  addEventListener("scroll", hide, { passive: true });
}

function drawLegend() {
  const box = draw("svg", { viewBox: "0 0 420 56", role: "img", "aria-label": "Colors from ExpectedScore 0 to 10, dark where uncertain" });
  for (let step = 0; step < 40; step++) {
    for (let row = 0; row < 4; row++) {
      box.append(draw("rect", { x: 70 + step * 5, y: 14 + row * 6, width: 5.3, height: 6.3, fill: color((step + 0.5) / 4, 1 - row * 0.3) }));
    }
  }
  for (const level of [0, 2, 4, 6, 8, 10]) box.append(draw("text", { x: 70 + level * 20, y: 50, "text-anchor": "middle" }, String(level)));
  box.append(draw("text", { x: 70, y: 9 }, "ExpectedScore"), draw("text", { x: 65, y: 21, "text-anchor": "end" }, "Certainty 1"));
  box.append(draw("text", { x: 65, y: 38, "text-anchor": "end" }, "0.1"));
  const x = 70 + view.limit * 20;
  box.append(draw("path", { d: `M${x} 11v30`, class: "mark under" }), draw("path", { d: `M${x} 11v30`, class: "mark" }));
  ["× all out of focus", "• some out of focus", "– blank, ! not rated"].forEach((text, row) => box.append(draw("text", { x: 292, y: 19 + row * 14 }, text)));
  byId("legend").replaceChildren(box);
}
