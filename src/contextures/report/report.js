/* ---- What only the page of a report has: its charts and its controls ---- */
const charts = { "chart-ranking": rankingChart, "chart-spectrum": spectrumChart, "chart-dimensions": dimensionsChart, "chart-training": trainingChart, "chart-map": mapChart };
const setUps = [setUpMap, () => setUpToggle("scale", "chart-spectrum"), () => setUpToggle("ranked", "chart-ranking"), setUpTable];

function setUpMap() {
  const coordinates = Object.keys(scatter.coordinates), colours = Object.keys(scatter.colours);
  const numeric = colours.filter((name) => isNumeric(scatter.colours[name]) && !scatter.coordinates[name]);
  const fill = (select, groups, chosen, key) => {
    if (!select) return;
    groups.filter(([, names]) => names.length).forEach(([label, names]) => {
      const group = label ? document.createElement("optgroup") : select;
      if (label) { group.label = label; select.append(group); }
      names.forEach((name) => group.append(new Option(clip(name, 60), name)));
    });
    select.value = chosen;
    state[key] = chosen;
    select.addEventListener("change", () => { state[key] = select.value; draw("chart-map"); });
  };
  const target = data.table?.target;
  const single = numeric.includes(target) ? target : STRIP;
  fill($("#map-x"), [["Coordinates", coordinates], ["Columns", numeric]], coordinates[0], "x");
  fill($("#map-y"), [["Coordinates", coordinates], ["Columns", numeric], ["Nothing", [STRIP]]], coordinates[1] || single, "y");
  fill($("#map-colour"), [["", [...colours, "(none)"]]], colours.includes(target) ? target : colours[0] || "(none)", "colour");
}

function setUpToggle(key, chart) {
  const buttons = $$(`[data-${key}]`);
  buttons.forEach((button) => button.addEventListener("click", () => {
    state[key] = button.dataset[key];
    buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    draw(chart);
  }));
}

function setUpTable() {
  const table = $("#ranking-table"), more = $("#more");
  if (!table) return;
  const body = table.tBodies[0], heads = $$("thead th", table);
  heads.forEach((th, column) => $(".sort", th)?.addEventListener("click", () => {
    const down = th.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => row.cells[column].dataset.v ?? "";
    const compare = th.classList.contains("number") ? (a, b) => Number(a) - Number(b) : (a, b) => a.localeCompare(b, undefined, { numeric: true });
    const rows = [...body.rows].sort((a, b) => {
      const [u, v] = [value(a), value(b)];
      if (u === "" || v === "") return Number(u === "") - Number(v === "");
      return down ? compare(v, u) : compare(u, v);
    });
    body.append(...rows);
  }));
  if (!more || body.rows.length <= 12) return;
  const all = more.textContent;
  const fold = (folded) => {
    table.classList.toggle("collapsed", folded);
    more.setAttribute("aria-expanded", String(!folded));
    more.textContent = folded ? all : "Show the first 10 only";
  };
  more.hidden = false;
  more.addEventListener("click", () => fold(!table.classList.contains("collapsed")));
  fold(true);
}
