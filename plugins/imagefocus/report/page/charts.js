// Levels by plate and channel, and the focus against place and time.
const MOST_BARS = 80;
const MOST_ROWS = 400;

function quantile(sorted, part) {
  const place = part * (sorted.length - 1);
  const low = Math.floor(place);
  return sorted[low] + (place - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}

function fieldsOf(plates) {
  const plateSet = new Set(plates);
  return [...data.plates.keys()].filter((field) => plateSet.has(data.plates[field]));
}

function drawLevels() {
  const fields = new Map(data.plateNames.map((plate) => [plate, []]));
  data.plates.forEach((plate, field) => fields.get(plate).push(field));
  const rows = data.plateNames.flatMap((plate) => data.channels.map((channel) => [plate, channel, fields.get(plate)]));
  const names = ["Plate", "Channel", "Levels", "Images", "Median", "Out of focus", "Blank", "Not rated"];
  const hiddenCount = rows.length - MOST_ROWS;
  const note = hiddenCount > 0 ? [make("p", { class: "hint" }, `${format(hiddenCount)} more plates and channels are not shown.`)] : [];
  const header = make("tr", {}, ...names.map((name, place) => make("th", place > 2 ? { class: "number", scope: "col" } : { scope: "col" }, name)));
  byId("levels").replaceChildren(make("table", {}, make("thead", {}, header), make("tbody", {}, ...rows.slice(0, MOST_ROWS).map((row) => levelsRow(...row)))), ...note);
}

function levelsRow(plate, channel, fields) {
  const toJudge = fieldsToJudge(channel, fields);
  const counts = new Array(data.levels).fill(0);
  for (const field of toJudge) counts[channel.Score[field]]++;
  const levels = toJudge.map((field) => channel.ExpectedScore[field]).sort((a, b) => a - b);
  const states = { in: 0, out: 0, blank: 0, failed: 0, null: 0 };
  for (const field of fields) states[stateOf(channel, field)]++;
  const images = fields.length - states.null;
  const numberCell = (text) => make("td", { class: "number" }, text);
  return make("tr", {}, make("td", {}, plate), make("td", {}, channel.name), make("td", { class: "bar" }, levelsBar(counts, toJudge.length)),
    numberCell(format(images)), numberCell(levels.length ? quantile(levels, 0.5).toFixed(2) : "–"),
    numberCell(`${format(states.out)} (${share(states.out, images)})`), numberCell(format(states.blank)), numberCell(format(states.failed)));
}

function levelsBar(counts, total) {
  const texts = counts.map((count, level) => `level ${level}: ${share(count, total)}`).filter((_, level) => counts[level]);
  const box = draw("svg", { role: "img", "aria-label": texts.join(", ") || "nothing to judge" });
  let x = 0;
  counts.forEach((count, level) => {
    const width = total ? (100 * count) / total : 0;
    if (!count) return;
    const part = draw("rect", { x: x + "%", y: 1, width: Math.max(width - 0.2, 0.1) + "%", height: 20, fill: color(level, 1) },
      draw("title", {}, `level ${level}: ${format(count)} images, ${share(count, total)}`));
    box.append(part);
    if (width > 3) box.append(levelNumber(x + width / 2, level));
    x += width;
  });
  return box;
}

function levelNumber(x, level) {
  const isDark = level < (view.palette === "hue" ? 2 : 1);
  return draw("text", { x: x + "%", y: 15, "text-anchor": "middle", style: `fill: ${isDark ? "#fff" : "#000"}; pointer-events: none` }, String(level));
}

function drawTrends() {
  const fields = fieldsOf(shownPlates());
  byId("trends").replaceChildren(...data.channels.map((channel) => make("div", {}, make("h3", {}, channel.name), trendRow(channel, fieldsToJudge(channel, fields)))));
}

function trendRow(channel, fields) {
  const position = (field) => data.positions.get(data.wells[field]);
  const inWells = fields.filter(position);
  const charts = [
    chart("acquisition order", channel, groupByOrder(fields)),
    chart("site in the well", channel, groupBy(fields.filter((field) => data.sites[field]), (field) => data.sites[field], compareTexts)),
    chart("row of the plate", channel, groupBy(inWells, (field) => position(field)[0], (a, b) => a - b, letters)),
    chart("column of the plate", channel, groupBy(inWells, (field) => position(field)[1], (a, b) => a - b, (column) => column + 1)),
  ];
  return make("div", { class: "trend-row" }, ...charts);
}

function groupBy(fields, key, compare, name = String) {
  const groups = new Map();
  for (const field of fields) {
    if (!groups.has(key(field))) groups.set(key(field), []);
    groups.get(key(field)).push(field);
  }
  const keys = [...groups.keys()].sort(compare);
  return splitForChart(keys, (part) => {
    const ends = part.length > 1 ? [part[0], part[part.length - 1]] : part;
    return { name: ends.map(name).join(" to "), fields: part.flatMap((groupKey) => groups.get(groupKey)) };
  });
}

// Splits a list into at most MOST_BARS parts of equal size, and describes each.
function splitForChart(list, describePart) {
  const size = Math.max(1, Math.ceil(list.length / MOST_BARS));
  const parts = [];
  for (let first = 0; first < list.length; first += size) parts.push(describePart(list.slice(first, first + size), first));
  return parts;
}

function groupByOrder(fields) {
  return splitForChart(fields, (part, first) => ({ name: first + 1 + (part.length > 1 ? ` to ${first + part.length}` : ""), fields: part }));
}

function chart(title, channel, groups) {
  const isWide = title === "acquisition order";
  const [width, height, left] = [isWide ? 560 : 270, 130, 20];
  const y = (level) => 6 + (height - 12) * (1 - level / (data.levels - 1));
  const box = draw("svg", { viewBox: `0 0 ${width} ${height + 32}`, role: "img" });
  for (const level of [0, 5, 10]) {
    box.append(draw("path", { d: `M${left} ${y(level)}H${width}`, class: "grid" }), draw("text", { x: left - 4, y: y(level) + 3, "text-anchor": "end" }, String(level)));
  }
  const step = (width - left) / Math.max(groups.length, 1);
  const medians = groups.map((group, place) => drawBar(box, group, channel, left + (place + 0.5) * step, Math.min(step * 0.75, 24), y));
  const labelEvery = Math.ceil(groups.length / (isWide ? 6 : 8));
  groups.forEach((group, place) => place % labelEvery === 0 && box.append(
    draw("text", { x: left + (place + 0.5) * step, y: height + 12, "text-anchor": "middle" }, group.name.split(" to ")[0])));
  box.append(draw("path", { d: `M${left} ${y(view.limit)}H${width}`, class: "limit" }));
  box.append(draw("text", { x: (left + width) / 2, y: height + 27, "text-anchor": "middle" }, title));
  const worst = medians.indexOf(Math.max(...medians));
  box.setAttribute("aria-label", groups.length ? `ExpectedScore against ${title}: medians of ${Math.min(...medians).toFixed(2)} to ` +
    `${medians[worst].toFixed(2)}, the highest at ${groups[worst].name}` : `ExpectedScore against ${title}: not known`);
  if (!groups.length) box.append(draw("text", { x: (left + width) / 2, y: y(4.8), "text-anchor": "middle" }, "not known"));
  return box;
}

function drawBar(box, group, channel, x, width, y) {
  const levels = group.fields.map((field) => channel.ExpectedScore[field]).sort((a, b) => a - b);
  const [low, middle, high] = [0.1, 0.5, 0.9].map((part) => quantile(levels, part));
  const text = `${group.name}: median ${middle.toFixed(2)}, ${low.toFixed(2)} to ${high.toFixed(2)}, ${format(levels.length)} images`;
  box.append(draw("rect", { x: x - width / 2, y: y(high), width, height: Math.max(y(low) - y(high), 1), class: "band" }, draw("title", {}, text)));
  box.append(draw("path", { d: `M${x - width / 2} ${y(middle)}h${width}`, class: "median" }));
  return middle;
}
