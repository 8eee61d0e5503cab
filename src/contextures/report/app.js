/* ---- Drawing ---- */
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

/* ---- Controls of every page ---- */
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
  // Paper is light, and browsers leave dark backgrounds out.
  let before = null;
  window.addEventListener("beforeprint", () => { if (dark()) { before = { theme: root.dataset.theme }; root.dataset.theme = "light"; drawAll(); } });
  window.addEventListener("afterprint", () => {
    if (!before) return;
    if (before.theme) root.dataset.theme = before.theme; else delete root.dataset.theme;
    before = null;
    drawAll();
  });
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

[...setUps, setUpTips, setUpTheme, setUpCopy].forEach((step) => {
  try { step(); } catch (error) { root.dataset.failed = `${step.name}: ${error}`; }
});
let width = root.clientWidth, resizing = 0;
window.addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(() => { if (root.clientWidth !== width) { width = root.clientWidth; drawAll(); } }, 120);
});
drawAll().finally(() => { root.dataset.ready = "true"; });
