/* ---- What only the page of a diagnosis has: two charts, and no controls of its own ---- */
const setUps = [];
const charts = { "chart-shares": sharesChart, "chart-parts": partsChart };

function sharesChart(look, width) {
  const functions = data.functions || [];
  if (!functions.length) return null;
  const n = functions.length, index = functions.map((_, i) => i + 1), colour = look.series[1];
  const room = (width - 60) / n, size = Math.max(3, Math.min(7, room * 0.75));
  const right = data.d > n * 0.6, inside = data.d < n;
  const word = data.is_exact ? "exact" : "closed-form";
  return {
    traces: [
      { type: "scatter", mode: "lines", name: "singular value", x: index, y: functions.map((f) => f.value), line: { color: colour, width: 2 }, hovertemplate: "s %{y:.3f}<extra></extra>" },
      { type: "scatter", mode: "markers", name: "learned, fitted rows", x: index, y: functions.map((f) => Math.max(f.fitted, 0)), marker: { size: size * 1.5, symbol: "circle-open", color: look.muted, line: { width: 1.3 } }, hovertemplate: "fitted rows %{y:.3f}<extra></extra>" },
      { type: "scatter", mode: "markers", name: "learned, fresh rows", x: index, y: functions.map((f) => Math.max(f.fresh, 0)), customdata: functions.map((f) => num(f.fresh)), marker: { size, color: look.accent }, hovertemplate: "fresh rows %{customdata}<extra></extra>" },
    ],
    layout: layout(look, width, 380, {
      hovermode: "x unified", showlegend: true, legend: legend(look, { traceorder: "reversed" }), margin: { l: 44, r: 12, t: width < 560 ? 64 : 34, b: 44 },
      shapes: inside ? [vline(data.d + 0.5, look)] : [],
      annotations: inside ? [{ x: data.d + 0.5, xref: "x", y: 1, yref: "paper", xanchor: right ? "right" : "left", yanchor: "top", xshift: right ? -6 : 6, showarrow: false, text: `<b>first ${data.d}</b>`, font: { size: 12, color: look.accent } }] : [],
      xaxis: axis(look, { title: `${word} function i`, showgrid: false, ticks: "outside", ticklen: 4, showline: true, range: [0.2 - n * 0.01, n * 1.01 + 0.8], hoverformat: "d", unifiedhovertitle: { text: "function %{x}" }, ...whole(n) }),
      yaxis: axis(look, { title: "share learned; singular value", range: [-0.03, 1.06], nticks: 6 }),
    }),
  };
}

function partsChart(look, width) {
  const parts = data.parts || [], rows = [{ label: "This encoder", value: data.encoder, margin: data.encoder_margin, own: true }, ...parts];
  if (!parts.length || !Number.isFinite(data.encoder)) return null;
  let end = 0;
  const bars = rows.map((row) => { const base = end; end += row.value; return { ...row, base, end }; });
  const narrow = bars.filter((bar) => bar.key !== "width").map((bar) => bar.end);
  // The sum beyond d functions can be many times the rest: its bar then runs off the edge.
  const most = Math.min(Math.max(...bars.map((bar) => bar.end)), 1.8 * Math.max(...narrow));
  const low = Math.min(0, ...bars.map((bar) => bar.end));
  const colour = (bar) => (bar.own ? look.accent : bar.key === "width" ? look.muted : look.series[1]);
  const names = bars.map((bar) => bar.label);
  const said = (bar) => `${bar.own ? "" : bar.value < 0 ? "−" : "+"}${num(Math.abs(bar.value), 2)}${bar.end > most * 1.001 ? " →" : ""}`;
  return {
    traces: [{
      type: "bar", orientation: "h", y: names, base: bars.map((bar) => bar.base), x: bars.map((bar) => bar.value),
      marker: { color: bars.map(colour), opacity: bars.map((bar) => (bar.own ? 1 : 0.8)) }, width: 0.56,
      error_x: { type: "data", array: bars.map((bar) => bar.margin || 0), color: look.ink, thickness: 1.2, width: 4 },
      customdata: bars.map((bar) => [num(bar.value, 2), num(bar.margin, 2)]), hovertemplate: "%{y}: %{customdata[0]} ± %{customdata[1]}<extra></extra>",
    }],
    layout: layout(look, width, 64 * bars.length + 70, {
      bargap: 0.3,
      annotations: bars.map((bar) => ({ x: Math.max(low, Math.min(bar.base, bar.end, most)), y: bar.label, xref: "x", yref: "y", xanchor: "left", yanchor: "bottom", yshift: 17, showarrow: false, text: said(bar), font: { size: 12, color: look.soft } })),
      xaxis: axis(look, { title: "sum of squared singular values", range: [low * 1.1, most * 1.02], ticks: "outside", ticklen: 4, showline: true, nticks: width < 560 ? 5 : 8 }),
      yaxis: axis(look, { autorange: "reversed", tickfont: { size: 13, color: look.ink }, showgrid: false }),
    }),
  };
}
