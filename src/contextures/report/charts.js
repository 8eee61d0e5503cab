/* ---- Charts: each takes the look and a width, and returns what plotly draws ---- */
// What the two scores call things: `limit` is where a score says nothing, `hollow` marks a weaker point.
const SCORES = {
  tau: { title: "usefulness score τ", short: "τ", limit: 1 + (answer.beta ?? 1), says: "cannot tell", hollow: (c) => c.reliable === false, note: " (not reliable)" },
  pseudo: { title: "expected error on pseudo-tasks", short: "error", limit: 1, says: "nothing learned", hollow: (c) => c.told_apart === true, note: " (the chosen one is better)" },
};

function rankingChart(look, width) {
  const key = state.ranked, kind = SCORES[key];
  const good = (data.ranking || []).filter((c) => Number.isFinite(c[key]) && Number.isFinite(c.level));
  if (!good.length) return null;
  const families = [...new Set(data.ranking.map((c) => c.family))].filter((f) => good.some((c) => c.family === f));
  const columns = Math.min(families.length, width < 640 ? 2 : 4);
  const rows = Math.ceil(families.length / columns);
  const rowHeight = rows > 1 ? 220 : 300;
  const gapX = columns > 1 ? 26 / width : 0;
  const most = Math.max(12, Math.floor((width / columns - 40) / 8));
  const titles = families.map((family) => wrap(clip(family, 3 * most), most));
  const extra = 17 * (Math.max(...titles.map((title) => title.split("<br>").length)) - 1);
  const gapY = rows > 1 ? (74 + extra) / (rows * rowHeight) : 0;
  const boxW = (1 - gapX * (columns - 1)) / columns, boxH = (1 - gapY * (rows - 1)) / rows;
  // Far above its limit a score says no more than "too strong": such points stand at the top edge.
  const limit = kind.limit, ceiling = Math.max(limit * 1.15, (answer[key] || 0) * 1.1);
  const shown = (c) => Math.min(c[key], ceiling), values = good.map(shown);
  const nearLimit = limit < Math.max(...values) * 1.08;
  const top = Math.max(...values, nearLimit ? limit : 0), bottom = Math.min(...values);
  const pad = (top - bottom || 0.2) * 0.12, log = top / bottom > 8;
  const range = log ? [Math.log10(bottom * 0.9), Math.log10(top * 1.1)] : [bottom - pad * 1.6, top + pad];
  const traces = [], annotations = [], shapes = [], axes = {};
  families.forEach((family, k) => {
    const id = k ? String(k + 1) : "", col = k % columns, row = Math.floor(k / columns);
    const x0 = col * (boxW + gapX), y1 = 1 - row * (boxH + gapY);
    const members = good.filter((c) => c.family === family).sort((a, b) => a.level - b.level);
    const levels = members.map((c) => c.level);
    const logX = Math.min(...levels) > 0 && spread(levels) > 30;
    const colour = look.series[k % 8];
    const lastRow = k + columns >= families.length;
    axes[`xaxis${id}`] = axis(look, { domain: [x0, x0 + boxW], anchor: `y${id}`, type: logX ? "log" : "linear", nticks: 4, title: lastRow ? "association level" : "", showgrid: false, ticks: "outside", ticklen: 4, showline: true });
    axes[`yaxis${id}`] = axis(look, { domain: [y1 - boxH, y1], anchor: `x${id}`, type: log ? "log" : "linear", range, nticks: 6, showticklabels: col === 0 });
    traces.push({
      type: "scatter", mode: "lines+markers", name: esc(clip(family, 40)), xaxis: `x${id}`, yaxis: `y${id}`, x: levels, y: members.map(shown),
      line: { color: fade(colour, 0.45), width: 1.5 }, hoverinfo: "text",
      marker: { size: members.map((c) => (c.chosen ? 14 : 8)), color: members.map((c) => (kind.hollow(c) ? look.paper : colour)), line: { color: colour, width: 1.6 }, opacity: 1, symbol: members.map((c) => (c[key] > ceiling ? "triangle-up" : "circle")) },
      text: members.map((c) => `<b>${wrap(c.name)}</b><br>${kind.short} ${num(c[key])}${kind.hollow(c) ? kind.note : ""}<br>d ${c.n_components ?? "–"}, level ${num(c.level)}`),
    });
    annotations.push({ xref: "paper", yref: "paper", x: x0, y: y1, xanchor: "left", yanchor: "bottom", yshift: 6, align: "left", showarrow: false, text: `<b>${titles[k]}</b>`, font: { size: 13, color: colour } });
    shapes.push({ type: "line", xref: `x${id} domain`, yref: `y${id}`, x0: 0, x1: 1, y0: answer[key], y1: answer[key], layer: "below", line: { color: look.accent, width: 1, dash: "dot" } });
    if (nearLimit) shapes.push({ type: "line", xref: `x${id} domain`, yref: `y${id}`, x0: 0, x1: 1, y0: limit, y1: limit, layer: "below", line: { color: look.muted, width: 1 } });
    const chosen = members.find((c) => c.chosen);
    if (chosen) annotations.push({ xref: `x${id}`, yref: `y${id}`, x: logX ? Math.log10(chosen.level) : chosen.level, y: log ? Math.log10(chosen[key]) : chosen[key], yanchor: "top", yshift: -10, showarrow: false, text: `<b>chosen, ${kind.short} ${num(chosen[key])}</b>`, font: { size: 12, color: look.ink } });
  });
  if (nearLimit) annotations.push({ xref: "x domain", yref: "y", x: 1, y: log ? Math.log10(limit) : limit, xanchor: "right", yanchor: "bottom", showarrow: false, text: `${num(limit, 1)}: ${kind.says}`, font: { size: 11, color: look.faint } });
  axes.yaxis.title = { text: kind.title, standoff: 6, font: { size: 13, color: look.soft } };
  return { traces, layout: layout(look, width, rows * rowHeight + 40 + extra, { margin: { l: 46, r: 10, t: 34 + extra, b: 46 }, annotations, shapes, ...axes }) };
}

function spectrumChart(look, width) {
  const values = data.spectrum || [], exact = data.encoder?.exact_spectrum || [];
  if (!values.length) return null;
  const kept = answer.n_components || 0;
  const index = values.map((_, i) => i + 1);
  const log = state.scale === "log";
  const y = (all) => all.map((v) => (log && v <= 0 ? null : v));
  const colours = index.map((i) => (i <= kept ? look.accent : look.muted));
  const traces = [{
    type: "scatter", mode: values.length > 1 ? "lines+markers" : "markers", x: index, y: y(values), line: { color: fade(look.muted, 0.6), width: 1 },
    marker: { size: values.length > 150 ? 4 : 6, color: colours }, hovertemplate: "s<sub>%{x}</sub> = %{y:.4f}<extra></extra>",
  }];
  if (exact.length) {
    // Rings around dots are told apart without colour, and a gap shows at once; where there is no room, a dashed line.
    const room = (width - 60) / values.length, size = Math.max(3, Math.min(6, room * 0.75)), colour = look.series[1];
    const ring = room > 5.5 ? { mode: "markers", marker: { size: size * 1.8, symbol: "circle-open", color: colour, line: { width: 1.5 } } } : { mode: "lines", line: { color: colour, width: 2, dash: "dash" } };
    Object.assign(traces[0], { name: "learned", mode: "markers", marker: { size, color: colours }, hovertemplate: "learned %{y:.4f}<extra></extra>" });
    traces.unshift({ type: "scatter", name: "exact", x: index, y: y(exact), hovertemplate: "exact %{y:.4f}<extra></extra>", ...ring });
  }
  const annotations = kept && kept < values.length ? [{ x: kept + 0.5, xref: "x", y: 1, yref: "paper", xanchor: kept > values.length * 0.7 ? "right" : "left", yanchor: "top", xshift: kept > values.length * 0.7 ? -6 : 6, showarrow: false, text: `<b>first ${kept} kept</b>`, font: { size: 12, color: look.accent } }] : [];
  return {
    traces,
    layout: layout(look, width, scoreCurve().length && (data.probe_curve || []).length ? 380 : 330, {
      annotations, shapes: annotations.length ? [vline(kept + 0.5, look)] : [], ...(exact.length ? { showlegend: true, legend: legend(look, { traceorder: "reversed" }), hovermode: "x unified" } : {}),
      xaxis: axis(look, { title: "i", hoverformat: "d", unifiedhovertitle: { text: "s<sub>%{x}</sub>" }, showgrid: false, ticks: "outside", ticklen: 4, showline: true, range: [0.2 - values.length * 0.01, values.length * 1.01 + 0.8], ...whole(values.length) }),
      yaxis: axis(look, { title: "singular value sᵢ", type: log ? "log" : "linear", ...(log ? { dtick: "D2" } : { range: [0, Math.max(1, ...values, ...exact) * 1.04] }) }),
    }),
  };
}

// The score that the choice followed, over the number of coordinates.
function scoreCurve() {
  if (answer.score !== "pseudo") return (data.tau_curve || []).map((p) => ({ d: p.d, value: p.tau }));
  const curve = (data.pseudo_curve || []).map((p) => ({ d: p.d, value: p.error }));
  // Far beyond those kept there is nothing to decide.
  const most = 2 * Math.max(answer.n_components || 0, answer.predicted_n_components || 0);
  return curve.filter((p) => p.d <= most);
}

function dimensionsChart(look, width) {
  const scored = scoreCurve(), probe = data.probe_curve || [], kind = SCORES[answer.score] || SCORES.tau;
  if (!scored.length && !probe.length) return null;
  const d = answer.predicted_n_components ?? answer.n_components, both = scored.length && probe.length;
  const traces = [], annotations = [], shapes = Number.isFinite(d) ? [vline(d, look)] : [];
  const values = scored.map((p) => p.value), log = scored.length > 0 && spread(values) > 6;
  if (scored.length) {
    traces.push(curve(scored, "d", "value", look.accent, { name: kind.short, hovertemplate: `${kind.short} %{y:.4f}<extra></extra>` }));
    const best = scored.find((p) => p.d === d);
    if (best) {
      traces.push({ type: "scatter", mode: "markers", x: [best.d], y: [best.value], marker: { size: 12, color: look.accent, line: { color: look.paper, width: 2 } }, hoverinfo: "skip", cliponaxis: false });
      const right = best.d > scored.at(-1).d * 0.6;
      annotations.push({ x: best.d, y: 1, xref: "x", yref: "paper", xanchor: right ? "right" : "left", yanchor: "top", xshift: right ? -6 : 6, showarrow: false, text: `<b>d ${best.d}, ${kind.short} ${num(best.value)}</b>`, font: { size: 12, color: look.accent } });
    }
  }
  if (probe.length) {
    const on = { yaxis: both ? "y2" : "y", xaxis: "x" }, colour = look.series[1];
    const edge = { mode: "lines", line: { width: 0 }, hoverinfo: "skip", ...on };
    traces.push(curve(probe, "d", "low", colour, edge), curve(probe, "d", "high", colour, { ...edge, fill: "tonexty", fillcolor: fade(colour, 0.18) }));
    traces.push(curve(probe, "d", "score", colour, { ...on, name: metric, mode: "lines+markers", customdata: probe.map((p) => [num(p.low), num(p.high)]), hovertemplate: `${metric} %{y:.3f} (%{customdata[0]} to %{customdata[1]}) at d %{x}<extra></extra>` }));
  }
  const last = Math.max(...scored.map((p) => p.d), ...probe.map((p) => p.d));
  const yScore = { title: scored.length ? kind.title : `probe ${metric}`, type: log ? "log" : "linear", ...(log ? { dtick: "D2" } : { nticks: 6 }) };
  return {
    traces,
    layout: layout(look, width, both ? 430 : 380, {
      annotations, shapes, hovermode: "x unified", hoversubplots: "axis",
      xaxis: axis(look, { title: "coordinates kept, d", anchor: both ? "y2" : "y", showgrid: false, ticks: "outside", ticklen: 4, showline: true, ...whole(last), range: [0.2 - last * 0.01, last * 1.01 + 0.8], hoverformat: "d", unifiedhovertitle: { text: "d = %{x}" } }),
      yaxis: axis(look, { ...yScore, domain: both ? [0.5, 1] : [0, 1] }),
      ...(both ? { yaxis2: axis(look, { title: `probe ${metric}`, domain: [0, 0.42], nticks: 5 }) } : {}),
    }),
  };
}
