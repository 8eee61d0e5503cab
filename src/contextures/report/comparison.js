/* ---- The page of a comparison has tables only ---- */
const setUps = [];
const charts = {};
