/* ---- Map ---- */
const STRIP = "(spread out)";
const isNumeric = (values) => values.some((v) => typeof v === "number") && values.every((v) => v === null || typeof v === "number");
const mapValues = (name) => scatter.coordinates[name] || scatter.colours[name] || scatter.row_ids.map((_, i) => ((i * 0.618034) % 1) - 0.5);
function colourGroups(name) {
  const values = scatter.colours[name];
  if (!values) return null;
  const counts = new Map();
  values.forEach((v) => { if (v !== null) counts.set(v, (counts.get(v) || 0) + 1); });
  const classes = data.table?.task === "classification" && name === data.table.target;
  if (isNumeric(values) && counts.size > (classes ? 20 : 6)) return null;
  const order = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a)).slice(0, 7);
  order.sort((a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b))));
  const groups = order.map((key) => ({ label: String(key), rows: [] }));
  const place = new Map(order.map((key, i) => [key, groups[i]]));
  const other = { label: `${counts.size - order.length} others`, rows: [], rest: true }, missing = { label: "missing", rows: [], rest: true };
  values.forEach((v, i) => (v === null ? missing : place.get(v) || other).rows.push(i));
  return [...groups, other, missing].filter((g) => g.rows.length);
}
function mapChart(look, width) {
  const names = Object.keys(scatter.coordinates);
  if (!names.length || !scatter.row_ids.length) return null;
  const x = mapValues(state.x), y = mapValues(state.y), narrow = width < 560;
  const label = (i) => `<b>Row ${esc(clip(scatter.row_ids[i], 40))}</b>${scatter.details[i] ? "<br>" + wrap(scatter.details[i]) : ""}`;
  const size = x.length > 800 ? 5 : x.length > 200 ? 6.5 : 9;
  const trace = (rows, marker, extra = {}) => ({ type: "scatter", mode: "markers", x: rows.map((i) => x[i]), y: rows.map((i) => y[i]), text: rows.map(label), hoverinfo: "text", marker: { size, opacity: 0.8, ...marker }, ...extra });
  const groups = colourGroups(state.colour), values = scatter.colours[state.colour], all = scatter.row_ids.map((_, i) => i);
  const title = esc(clip(state.colour, narrow ? 40 : 28));
  let traces;
  if (groups) {
    const symbols = ["circle", "diamond", "square", "triangle-up", "cross", "star", "triangle-down"];
    traces = groups.map((g, k) => trace(g.rows, g.rest ? { color: look.muted, symbol: "circle-open" } : { color: look.series[k % 7], symbol: symbols[k % 7] }, { name: esc(clip(g.label, narrow ? 18 : 26)) }));
  } else if (values && isNumeric(values)) {
    const bar = { thickness: 10, outlinewidth: 0, tickfont: { size: 12, color: look.faint }, title: { text: narrow ? title : `${title}<br>\u00a0`, side: "top", font: { size: 13, color: look.soft } } };
    const place = narrow ? { orientation: "h", y: -0.17, yanchor: "top", len: 0.9 } : { len: 0.8, x: 1.01 };
    const known = all.filter((i) => values[i] !== null), unknown = all.filter((i) => values[i] === null);
    traces = [trace(known, { color: known.map((i) => values[i]), colorscale: look.scale, showscale: true, colorbar: { ...bar, ...place } }, { showlegend: false })];
    if (unknown.length) traces.unshift(trace(unknown, { color: look.muted, symbol: "circle-open" }, { name: "missing", showlegend: false }));
  } else traces = [trace(all, { color: look.accent })];
  const strip = state.y === STRIP;
  const coarse = window.matchMedia("(pointer: coarse)").matches;
  const free = { fixedrange: coarse, zeroline: false };
  return {
    traces,
    layout: layout(look, width, narrow ? 460 : 560, {
      dragmode: coarse ? false : "zoom", showlegend: Boolean(groups),
      legend: legend(look, { title: { text: narrow ? "" : `${title}:`, font: { size: 13, color: look.ink } } }),
      margin: { l: 48, r: 14, t: 14, b: 48 },
      xaxis: axis(look, { title: esc(clip(state.x, 60)), ...free }),
      yaxis: axis(look, { title: strip ? "" : esc(clip(state.y, 50)), showticklabels: !strip, showgrid: !strip, ...(strip ? { range: [-1.4, 1.4] } : {}), ...free }),
    }),
  };
}
