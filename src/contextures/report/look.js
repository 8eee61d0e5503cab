/* ---- What all parts of the page share: the data, the choices made, text and looks ---- */
const root = document.documentElement;
const $ = (selector, scope = document) => scope.querySelector(selector);
const $$ = (selector, scope = document) => [...scope.querySelectorAll(selector)];
const read = () => { try { return JSON.parse($("#report-data").textContent); } catch { return {}; } };
const data = read();
const answer = data.answer || {};
const scatter = { row_ids: [], coordinates: {}, colours: {}, details: [], ...data.scatter };
const metric = data.metric_words || "score";
const state = { scale: "linear", ranked: answer.score || "tau", x: "", y: "", colour: "" };

/* ---- Text: plotly reads a little HTML, so whatever comes from the table is escaped ---- */
const esc = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
const clip = (text, most) => (String(text).length > most ? String(text).slice(0, most - 1) + "…" : String(text));
const wrap = (text, width = 46) => clip(text, 600).split("\n")
  .flatMap((line) => line.match(new RegExp(`.{1,${width}}(?=\\s|$)|.{1,${width}}`, "gu")) || [""])
  .map((piece) => esc(piece.trim())).join("<br>");
const num = (value, digits = 3) => (Number.isFinite(value) ? value.toFixed(digits).replace("-", "−") : "–");

/* ---- Look ---- */
const theme = () => {
  const style = getComputedStyle(root);
  const get = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["paper", "raised", "ink", "soft", "faint", "rule", "grid", "accent", "wash", "muted", "poor", "sans"];
  const look = Object.fromEntries(names.map((name) => [name, get(name)]));
  look.scale = [1, 2, 3, 4, 5].map((i) => [(i - 1) / 4, get(`s${i}`)]);
  look.series = [1, 2, 3, 4, 5, 6, 7, 8].map((i) => get(`c${i}`));
  return look;
};
const fade = (hex, alpha) => hex + Math.round(alpha * 255).toString(16).padStart(2, "0");
const axis = (look, extra = {}) => ({
  gridcolor: look.grid, linecolor: look.rule, tickcolor: look.rule, zeroline: false, showline: false,
  ticks: "", tickfont: { size: 12, color: look.faint }, fixedrange: true, automargin: true, ...extra,
  title: { text: extra.title || "", standoff: 8, font: { size: 13, color: look.soft } },
});
const layout = (look, width, height, extra = {}) => ({
  width, height, autosize: false, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
  font: { family: look.sans, size: 13, color: look.ink }, margin: { l: 44, r: 12, t: 14, b: 44 },
  hoverlabel: { bgcolor: look.raised, bordercolor: look.rule, font: { family: look.sans, size: 13, color: look.ink }, align: "left" },
  showlegend: false, dragmode: false, hovermode: "closest", modebar: { bgcolor: "rgba(0,0,0,0)", color: look.muted, activecolor: look.accent },
  ...extra,
});
const config = {
  displaylogo: false, responsive: false, scrollZoom: false, doubleClick: "reset", showTips: false,
  showSendToCloud: false, showEditInChartStudio: false, plotlyServerURL: "", topojsonURL: "", locale: "en-US",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "sendDataToCloud", "autoScale2d", "zoomIn2d", "zoomOut2d"],
};
const whole = (last) => (last < 9 ? { dtick: 1, tick0: 1 } : { nticks: 8 });
const spread = (values) => Math.max(...values) / Math.min(...values);
const vline = (x, look) => ({ type: "line", xref: "x", x0: x, x1: x, yref: "paper", y0: 0, y1: 1, layer: "below", line: { color: look.accent, width: 1, dash: "dot" } });
const curve = (points, x, y, colour, extra) => ({ type: "scatter", mode: points.length > 40 ? "lines" : "lines+markers", x: points.map((p) => p[x]), y: points.map((p) => p[y]), line: { color: colour, width: 2 }, marker: { size: 5, color: colour }, ...extra });
const legend = (look, extra) => ({ orientation: "h", x: 0, y: 1.01, yanchor: "bottom", font: { size: 13, color: look.soft }, itemsizing: "constant", ...extra });
