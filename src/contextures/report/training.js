/* ---- The training of an encoder: its held-out score, and the loss below it ---- */
function trainingChart(look, width) {
  const points = data.encoder?.training || [];
  const scored = points.filter((p) => Number.isFinite(p.score)), losses = points.filter((p) => Number.isFinite(p.loss));
  if (!scored.length && !losses.length) return null;
  const both = scored.length > 0 && losses.length > 0, first = points[0].step, last = points.at(-1).step;
  const traces = [], annotations = [], shapes = [];
  if (scored.length) {
    traces.push(curve(scored, "step", "score", look.accent, { name: "score", hovertemplate: "held-out score %{y:.3f}<extra></extra>" }));
    const best = scored.reduce((a, b) => (b.score > a.score ? b : a));
    const right = best.step > first + (last - first) * 0.6;
    shapes.push(vline(best.step, look));
    traces.push({ type: "scatter", mode: "markers", x: [best.step], y: [best.score], marker: { size: 12, color: look.accent, line: { color: look.paper, width: 2 } }, hoverinfo: "skip", cliponaxis: false });
    annotations.push({ x: best.step, y: both ? 0.5 : 0, xref: "x", yref: "paper", xanchor: right ? "right" : "left", yanchor: "bottom", xshift: right ? -6 : 6, showarrow: false, text: `<b>highest: ${num(best.score)} at step ${best.step.toLocaleString("en-US")}</b>`, font: { size: 12, color: look.accent } });
  }
  if (losses.length) traces.push(curve(losses, "step", "loss", look.series[1], { ...(both ? { yaxis: "y2", xaxis: "x" } : {}), name: "loss", hovertemplate: "loss %{y:.4g}<extra></extra>" }));
  const values = losses.map((p) => p.loss), log = values.length > 0 && Math.min(...values) > 0 && spread(values) > 30;
  const lossAxis = { title: "loss", type: log ? "log" : "linear", ...(log ? { dtick: "D2" } : { nticks: 5 }) };
  const pad = Math.max(0.5, (last - first) * 0.01);
  return {
    traces,
    layout: layout(look, width, both ? 430 : 330, {
      annotations, shapes, hovermode: "x unified", hoversubplots: "axis",
      xaxis: axis(look, { title: "training step", anchor: both ? "y2" : "y", showgrid: false, ticks: "outside", ticklen: 4, showline: true, ...whole(last), range: [first - pad, last + pad], hoverformat: ",d", tickformat: ",d", unifiedhovertitle: { text: "step %{x}" } }),
      yaxis: axis(look, scored.length ? { title: "held-out score", nticks: 6, domain: both ? [0.5, 1] : [0, 1] } : lossAxis),
      ...(both ? { yaxis2: axis(look, { ...lossAxis, domain: [0, 0.42] }) } : {}),
    }),
  };
}
