// A laboratory series as a line over its reference band.

import { day, figure, h, s, t } from "./dom.js";

/** Give the graph of a series, with its content as text; small for a row, large for reading. */
export function trend(series, { width = 132, height = 30, large = false } = {}) {
  const points = series.results.filter((result) => typeof result.value === "number");
  if (!points.length) return h("span", { class: "none" }, "–");
  const [left, right] = large ? [44, 10] : [4, 6];
  const [top, bottom] = large ? [10, 22] : [4, 4];
  const x = across(points, left, width - right);
  const y = upward(points, series.range, height - bottom, top);
  const last = points.at(-1);
  const graph = s("svg", { viewBox: `0 0 ${width} ${height}`, class: large ? "trend large" : "trend",
    role: "img", "aria-label": told(series, points) });
  graph.append(band(series.range, y, left, width - right, top, height - bottom));
  if (points.length > 1) {
    const path = points.map((p) => `${x(p.when).toFixed(1)},${y(p.value).toFixed(1)}`).join(" ");
    graph.append(s("polyline", { points: path, class: "line" }));
  }
  for (const point of large ? points : [last]) {
    graph.append(s("circle", { cx: x(point.when), cy: y(point.value), r: large ? 3 : 2.6,
      class: point.flag ? "dot out" : "dot" }));
  }
  if (large) graph.append(...scales(points, series.range, x, y, left, height));
  return graph;
}

function across(points, from, to) {
  const times = points.map((p) => Date.parse(p.when));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const span = last - first;
  return (when) => (span ? from + ((Date.parse(when) - first) / span) * (to - from) : to);
}

function upward(points, range, from, to) {
  const values = points.map((p) => p.value);
  const bounds = [range?.low, range?.high].filter((v) => typeof v === "number");
  const [low, high] = [Math.min(...values, ...bounds), Math.max(...values, ...bounds)];
  const open = range && typeof range.low !== "number" && low > 0;
  const span = (open ? high : high - low) || Math.abs(high) || 1;
  const base = open ? 0 : high === low ? low - span / 2 : low;
  return (value) => from - ((value - base) / span) * (from - to);
}

function band(range, y, left, right, top, bottom) {
  if (typeof range?.low !== "number" && typeof range?.high !== "number") return "";
  const up = typeof range.high === "number" ? y(range.high) : top;
  const down = typeof range.low === "number" ? y(range.low) : bottom;
  return s("rect", { x: left - 3, y: up, width: right - left + 6, height: Math.max(down - up, 1),
    class: "band" });
}

function scales(points, range, x, y, left, height) {
  const marks = [range?.low, range?.high].filter((v) => typeof v === "number");
  const ends = [...new Set([points[0], points.at(-1)])];
  return [
    ...marks.map((v) => s("text", { x: left - 8, y: y(v) + 3, "text-anchor": "end" }, figure(v))),
    ...ends.map((p, n) => s("text", { x: x(p.when), y: height - 6,
      "text-anchor": ends.length > 1 && n === 0 ? "start" : "end" }, day(p.when))),
  ];
}

function told(series, points) {
  const first = points[0];
  const last = points.at(-1);
  const values = { name: series.name, count: points.length, unit: series.unit,
    first: figure(first.value), from: day(first.when), last: figure(last.value), to: day(last.when),
    range: series.range?.text ?? t("no_range") };
  return t(points.length > 1 ? "trend_text" : "trend_single", values);
}
