"use strict";
(() => {
  const root = document.documentElement;
  const $ = (selector, scope = document) => scope.querySelector(selector);
  const $$ = (selector, scope = document) => [...scope.querySelectorAll(selector)];
  const read = () => { try { return JSON.parse($("#report-data").textContent); } catch { return {}; } };
  const data = read();
  const answer = data.answer || {};
  const scatter = { row_ids: [], coordinates: {}, colours: {}, details: [], ...data.scatter };
  const metric = { accuracy: "accuracy", r2: "R²" }[data.metric] || "score";
  const state = { scale: "linear", x: "", y: "", colour: "" };

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

  /* ---- Charts: each takes the look and a width, and returns what plotly draws ---- */
  function rankingChart(look, width) {
    const good = (data.ranking || []).filter((c) => Number.isFinite(c.tau) && Number.isFinite(c.level));
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
    // Far above 1 + β a score says no more than "too strong": such points stand at the top edge.
    const limit = 1 + (answer.beta ?? 1), ceiling = Math.max(limit * 1.15, (answer.tau || 0) * 1.1);
    const shown = (c) => Math.min(c.tau, ceiling), taus = good.map(shown);
    const nearLimit = limit < Math.max(...taus) * 1.08;
    const top = Math.max(...taus, nearLimit ? limit : 0), bottom = Math.min(...taus);
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
        marker: { size: members.map((c) => (c.chosen ? 14 : 8)), color: members.map((c) => (c.reliable === false ? look.paper : colour)), line: { color: colour, width: 1.6 }, opacity: 1, symbol: members.map((c) => (c.tau > ceiling ? "triangle-up" : "circle")) },
        text: members.map((c) => `<b>${wrap(c.name)}</b><br>τ ${num(c.tau)}${c.reliable === false ? " (not reliable)" : ""}<br>d ${c.n_components ?? "–"}, level ${num(c.level)}`),
      });
      annotations.push({ xref: "paper", yref: "paper", x: x0, y: y1, xanchor: "left", yanchor: "bottom", yshift: 6, align: "left", showarrow: false, text: `<b>${titles[k]}</b>`, font: { size: 13, color: colour } });
      shapes.push({ type: "line", xref: `x${id} domain`, yref: `y${id}`, x0: 0, x1: 1, y0: answer.tau, y1: answer.tau, layer: "below", line: { color: look.accent, width: 1, dash: "dot" } });
      if (nearLimit) shapes.push({ type: "line", xref: `x${id} domain`, yref: `y${id}`, x0: 0, x1: 1, y0: limit, y1: limit, layer: "below", line: { color: look.muted, width: 1 } });
      const chosen = members.find((c) => c.chosen);
      if (chosen) annotations.push({ xref: `x${id}`, yref: `y${id}`, x: logX ? Math.log10(chosen.level) : chosen.level, y: log ? Math.log10(chosen.tau) : chosen.tau, yanchor: "top", yshift: -10, showarrow: false, text: `<b>chosen, τ ${num(chosen.tau)}</b>`, font: { size: 12, color: look.ink } });
    });
    if (nearLimit) annotations.push({ xref: "x domain", yref: "y", x: 1, y: log ? Math.log10(limit) : limit, xanchor: "right", yanchor: "bottom", showarrow: false, text: `${num(limit, 1)}: cannot tell`, font: { size: 11, color: look.faint } });
    axes.yaxis.title = { text: "usefulness score τ", standoff: 6, font: { size: 13, color: look.soft } };
    return { traces, layout: layout(look, width, rows * rowHeight + 40 + extra, { margin: { l: 46, r: 10, t: 34 + extra, b: 46 }, annotations, shapes, ...axes }) };
  }

  function spectrumChart(look, width) {
    const values = data.spectrum || [];
    if (!values.length) return null;
    const kept = answer.n_components || 0;
    const index = values.map((_, i) => i + 1);
    const log = state.scale === "log";
    const y = values.map((v) => (log && v <= 0 ? null : v));
    const colours = index.map((i) => (i <= kept ? look.accent : look.muted));
    const trace = {
      type: "scatter", mode: values.length > 1 ? "lines+markers" : "markers", x: index, y, line: { color: fade(look.muted, 0.6), width: 1 },
      marker: { size: values.length > 150 ? 4 : 6, color: colours }, hovertemplate: "s<sub>%{x}</sub> = %{y:.4f}<extra></extra>",
    };
    const annotations = kept && kept < values.length ? [{ x: kept + 0.5, xref: "x", y: 1, yref: "paper", xanchor: kept > values.length * 0.7 ? "right" : "left", yanchor: "top", xshift: kept > values.length * 0.7 ? -6 : 6, showarrow: false, text: `<b>first ${kept} kept</b>`, font: { size: 12, color: look.accent } }] : [];
    return {
      traces: [trace],
      layout: layout(look, width, (data.tau_curve || []).length && (data.probe_curve || []).length ? 380 : 330, {
        annotations, shapes: annotations.length ? [vline(kept + 0.5, look)] : [],
        xaxis: axis(look, { title: "i", showgrid: false, ticks: "outside", ticklen: 4, showline: true, range: [0.2 - values.length * 0.01, values.length * 1.01 + 0.8], ...whole(values.length) }),
        yaxis: axis(look, { title: "singular value sᵢ", type: log ? "log" : "linear", ...(log ? { dtick: "D2" } : { range: [0, Math.max(1, ...values) * 1.04] }) }),
      }),
    };
  }

  function dimensionsChart(look, width) {
    const tau = data.tau_curve || [], probe = data.probe_curve || [];
    if (!tau.length && !probe.length) return null;
    const d = answer.predicted_n_components ?? answer.n_components, both = tau.length && probe.length;
    const traces = [], annotations = [], shapes = Number.isFinite(d) ? [vline(d, look)] : [];
    const line = (points, value, colour, extra) => ({ type: "scatter", mode: points.length > 40 ? "lines" : "lines+markers", x: points.map((p) => p.d), y: points.map((p) => p[value]), line: { color: colour, width: 2 }, marker: { size: 5, color: colour }, ...extra });
    const values = tau.map((p) => p.tau), log = tau.length > 0 && spread(values) > 6;
    if (tau.length) {
      traces.push(line(tau, "tau", look.accent, { name: "τ", hovertemplate: "τ %{y:.4f}<extra></extra>" }));
      const best = tau.find((p) => p.d === d);
      if (best) {
        traces.push({ type: "scatter", mode: "markers", x: [best.d], y: [best.tau], marker: { size: 12, color: look.accent, line: { color: look.paper, width: 2 } }, hoverinfo: "skip", cliponaxis: false });
        const right = best.d > tau.at(-1).d * 0.6;
        annotations.push({ x: best.d, y: 1, xref: "x", yref: "paper", xanchor: right ? "right" : "left", yanchor: "top", xshift: right ? -6 : 6, showarrow: false, text: `<b>d ${best.d}, τ ${num(best.tau)}</b>`, font: { size: 12, color: look.accent } });
      }
    }
    if (probe.length) {
      const on = { yaxis: both ? "y2" : "y", xaxis: "x" }, colour = look.series[1];
      const edge = { mode: "lines", line: { width: 0 }, hoverinfo: "skip", ...on };
      traces.push(line(probe, "low", colour, edge), line(probe, "high", colour, { ...edge, fill: "tonexty", fillcolor: fade(colour, 0.18) }));
      traces.push(line(probe, "score", colour, { ...on, name: metric, mode: "lines+markers", customdata: probe.map((p) => [num(p.low), num(p.high)]), hovertemplate: `${metric} %{y:.3f} (%{customdata[0]} to %{customdata[1]}) at d %{x}<extra></extra>` }));
    }
    const last = Math.max(...tau.map((p) => p.d), ...probe.map((p) => p.d));
    const yTau = { title: tau.length ? "score τ" : `probe ${metric}`, type: log ? "log" : "linear", ...(log ? { dtick: "D2" } : { nticks: 6 }) };
    return {
      traces,
      layout: layout(look, width, both ? 430 : 380, {
        annotations, shapes, hovermode: "x unified", hoversubplots: "axis",
        xaxis: axis(look, { title: "coordinates kept, d", anchor: both ? "y2" : "y", showgrid: false, ticks: "outside", ticklen: 4, showline: true, ...whole(last), range: [0.2 - last * 0.01, last * 1.01 + 0.8], hoverformat: "d", unifiedhovertitle: { text: "d = %{x}" } }),
        yaxis: axis(look, { ...yTau, domain: both ? [0.5, 1] : [0, 1] }),
        ...(both ? { yaxis2: axis(look, { title: `probe ${metric}`, domain: [0, 0.42], nticks: 5 }) } : {}),
      }),
    };
  }

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
        legend: { orientation: "h", x: 0, y: 1.01, yanchor: "bottom", font: { size: 13, color: look.soft }, title: { text: narrow ? "" : `${title}:`, font: { size: 13, color: look.ink } }, itemsizing: "constant" },
        margin: { l: 48, r: 14, t: 14, b: 48 },
        xaxis: axis(look, { title: esc(clip(state.x, 60)), ...free }),
        yaxis: axis(look, { title: strip ? "" : esc(clip(state.y, 50)), showticklabels: !strip, showgrid: !strip, ...(strip ? { range: [-1.4, 1.4] } : {}), ...free }),
      }),
    };
  }

  /* ---- Drawing ---- */
  const charts = { "chart-ranking": rankingChart, "chart-spectrum": spectrumChart, "chart-dimensions": dimensionsChart, "chart-map": mapChart };
  async function draw(id) {
    const node = document.getElementById(id);
    if (!node) return;
    try {
      const figure = charts[id](theme(), Math.max(240, node.clientWidth));
      if (!figure) { node.innerHTML = "<p class='failed'>There is nothing to draw here.</p>"; return; }
      await Plotly.react(node, figure.traces, figure.layout, { ...config, displayModeBar: id === "chart-map" && !window.matchMedia("(pointer: coarse)").matches ? "hover" : false });
    } catch (error) {
      node.dataset.failed = String(error);
      node.innerHTML = "<p class='failed'>This chart could not be drawn; the tables hold its numbers.</p>";
    }
  }
  const drawAll = () => Promise.all(Object.keys(charts).map(draw));

  /* ---- Controls ---- */
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

  function setUpScale() {
    const buttons = $$("[data-scale]");
    buttons.forEach((button) => button.addEventListener("click", () => {
      state.scale = button.dataset.scale;
      buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
      draw("chart-spectrum");
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

  function setUpTips() {
    const tip = $("#tip");
    let owner = null, timer = 0;
    const hide = () => { clearTimeout(timer); owner = null; if (tip) tip.hidden = true; };
    const show = (button) => {
      const meaning = document.getElementById(`def-${button.dataset.term}`);
      if (!tip || !meaning) return;
      clearTimeout(timer);
      owner = button;
      const heading = document.createElement("strong");
      heading.textContent = meaning.previousElementSibling?.textContent || "";
      tip.replaceChildren(heading, ...[...meaning.childNodes].map((node) => node.cloneNode(true)));
      tip.hidden = false;
      tip.style.left = "0px"; // Measured where it cannot be squeezed.
      const box = button.getBoundingClientRect(), own = tip.getBoundingClientRect(), wide = root.clientWidth;
      const left = Math.max(12, Math.min(box.left + box.width / 2 - own.width / 2, wide - own.width - 12));
      const above = box.top - own.height - 8 > 48;
      tip.style.left = `${left + window.scrollX}px`;
      tip.style.top = `${window.scrollY + (above ? box.top - own.height - 8 : box.bottom + 8)}px`;
    };
    const later = () => { clearTimeout(timer); timer = setTimeout(hide, 180); };
    $$(".term").forEach((button) => {
      button.addEventListener("pointerenter", () => show(button));
      button.addEventListener("pointerleave", () => { if (document.activeElement !== button) later(); });
      button.addEventListener("focus", () => show(button));
      button.addEventListener("blur", hide);
      button.addEventListener("click", () => show(button));
    });
    tip?.addEventListener("pointerenter", () => clearTimeout(timer));
    tip?.addEventListener("pointerleave", later);
    tip?.addEventListener("pointerdown", (event) => { if (event.pointerType === "touch") hide(); });
    document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
    document.addEventListener("pointerdown", (event) => { if (owner && !event.target.closest(".term, #tip")) hide(); });
  }

  function setUpTheme() {
    const button = $("#theme"), system = window.matchMedia("(prefers-color-scheme: dark)");
    const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
    const show = () => button?.setAttribute("aria-pressed", String(dark()));
    button?.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      try { localStorage.setItem("contextures-theme", root.dataset.theme); } catch { /* Not remembered. */ }
      show();
      drawAll();
    });
    system.addEventListener("change", () => { show(); drawAll(); });
    show();
  }

  function setUpCopy() {
    const say = (text) => { const status = $("#status"); if (status) status.textContent = text; };
    const select = (node) => { const range = document.createRange(); range.selectNodeContents(node); getSelection().removeAllRanges(); getSelection().addRange(range); };
    $$(".copy").forEach((button) => button.addEventListener("click", async () => {
      const node = document.getElementById(button.dataset.copy), label = button.innerHTML;
      if (!node) return;
      let done = true;
      try { await navigator.clipboard.writeText(node.textContent); } catch { select(node); done = document.execCommand("copy"); }
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      say(done ? "Copied" : "Selected; press Ctrl+C to copy");
      setTimeout(() => { button.innerHTML = label; }, 1800);
    }));
  }

  [setUpMap, setUpScale, setUpTable, setUpTips, setUpTheme, setUpCopy].forEach((step) => {
    try { step(); } catch (error) { root.dataset.failed = `${step.name}: ${error}`; }
  });
  let width = root.clientWidth, resizing = 0;
  window.addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => { if (root.clientWidth !== width) { width = root.clientWidth; drawAll(); } }, 120);
  });
  drawAll().finally(() => { root.dataset.ready = "true"; });
})();
