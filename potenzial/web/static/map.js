"use strict";
// Draws the companies on the map: one byte per pixel colour into an image, so that 55,000 of them move fluently.
// What can be done with a pointer can be done with keys, buttons and the table of groups below too.
(() => {
  const canvas = document.getElementById("map");
  const tip = document.getElementById("map-tip");
  const note = document.getElementById("map-note");
  const colour = document.getElementById("map-colour");
  const clear = document.querySelector("[data-do=clear]");
  const lassoButton = document.querySelector("[data-do=lasso]");
  const context = canvas.getContext("2d");
  const run = canvas.dataset.run;
  const labels = Array.from(document.querySelectorAll("#map-labels li"), (item) => ({
    x: Number(item.dataset.x), y: Number(item.dataset.y), count: Number(item.dataset.count), name: item.textContent.trim(),
  }));
  const measuring = location.hash === "#measure";
  const CELLS = 96;
  const GROUPS = 8;
  let data = null;
  let grid = null;
  let shown = null;
  let image = null;
  let pixels = null;
  let selected = null;
  let path = null;
  let lassoing = false;
  let asked = false;
  const hiddenKeys = { potential: new Set(), now: new Set(), headroom: new Set(), cluster: new Set() };
  const view = { scale: 1, x: 0, y: 0 };

  function unpack(buffer) {
    const n = new DataView(buffer).getUint32(0, true);
    let at = 4;
    const take = (Kind, bytes) => {
      const found = new Kind(buffer, at, n);
      at += n * bytes;
      return found;
    };
    return {
      n, x: take(Float32Array, 4), y: take(Float32Array, 4), headroom: take(Float32Array, 4),
      cluster: take(Int16Array, 2), potential: take(Uint8Array, 1), now: take(Uint8Array, 1),
    };
  }

  function bounds() {
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < data.n; i++) {
      const x = data.x[i], y = data.y[i];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    return data.n ? { left, right, top, bottom } : { left: -1, right: 1, top: -1, bottom: 1 };
  }

  // Companies by the cell of a grid that they lie in: pointing looks at a few cells only.
  function gridded(box) {
    const width = (box.right - box.left || 1) / CELLS, height = (box.bottom - box.top || 1) / CELLS;
    const cellOf = (x, y) => {
      const column = Math.min(CELLS - 1, Math.max(0, Math.floor((x - box.left) / width)));
      const row = Math.min(CELLS - 1, Math.max(0, Math.floor((y - box.top) / height)));
      return [column, row];
    };
    const starts = new Uint32Array(CELLS * CELLS + 1);
    const cells = new Uint32Array(data.n);
    for (let i = 0; i < data.n; i++) {
      const [column, row] = cellOf(data.x[i], data.y[i]);
      cells[i] = row * CELLS + column;
      starts[cells[i] + 1]++;
    }
    for (let c = 0; c < CELLS * CELLS; c++) starts[c + 1] += starts[c];
    const fill = starts.slice();
    const members = new Uint32Array(data.n);
    for (let i = 0; i < data.n; i++) members[fill[cells[i]]++] = i;
    return { cellOf, starts, members };
  }

  function fifths() {
    const known = Array.from(data.headroom).filter(Number.isFinite).sort((a, b) => a - b);
    return [1, 2, 3, 4].map((part) => known[Math.floor((known.length * part) / 5)] ?? 0);
  }

  function keyed() {
    const edges = fifths();
    const bins = new Uint8Array(data.n);
    for (let i = 0; i < data.n; i++) {
      const value = data.headroom[i];
      bins[i] = Number.isFinite(value) ? edges.filter((edge) => value >= edge).length : 5;
    }
    const groups = new Uint8Array(data.n);
    for (let i = 0; i < data.n; i++) groups[i] = data.cluster[i] % GROUPS;
    return { potential: data.potential, now: data.now, headroom: bins, cluster: groups };
  }

  const PREFIX = { potential: "p", now: "n", headroom: "h", cluster: "c" };
  const ALIAS = { n0: "p0", n1: "p1", n2: "p2", h5: "pale" };

  function packedColour(name) {
    const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    const full = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
    const number = parseInt(full.slice(1), 16);
    return (255 << 24) | ((number & 255) << 16) | (((number >> 8) & 255) << 8) | (number >> 16);
  }

  let palette = null;
  function colours() {
    const names = Array.from({ length: GROUPS }, (_, i) => `${PREFIX[colour.value]}${i}`).map((one) => ALIAS[one] ?? one);
    palette = { keys: names.map((one) => packedColour(one) >>> 0), pale: packedColour("pale") >>> 0, paper: packedColour("halo") >>> 0 };
  }

  // The pixels of a dot as steps from its middle: those it covers, and those of its edge with how much of them (0-256).
  function disc(size) {
    const inner = [], rim = [], reach = Math.ceil(size);
    for (let y = -reach; y <= reach; y++) {
      for (let x = -reach; x <= reach; x++) {
        const covered = Math.min(1, Math.max(0, size - Math.hypot(x, y) + 0.5));
        if (covered > 0.94) inner.push(y * canvas.width + x);
        else if (covered > 0.06) rim.push([y * canvas.width + x, Math.round(covered * 256)]);
      }
    }
    return { inner: Int32Array.from(inner), rim: Int32Array.from(rim, (one) => one[0]), part: Int32Array.from(rim, (one) => one[1]) };
  }

  // Two colours mixed, both as the image has them; red and blue are mixed at once.
  function mixed(under, over, part) {
    const both = (((over & 0xff00ff) * part + (under & 0xff00ff) * (256 - part)) >>> 8) & 0xff00ff;
    const green = (((over & 0xff00) * part + (under & 0xff00) * (256 - part)) >>> 8) & 0xff00;
    return (0xff000000 | both | green) >>> 0;
  }

  function radius() {
    const zoom = Math.max(1, Math.sqrt(view.scale / view.fitted));
    const base = Math.max(1, Math.min(4.2, 170 / Math.sqrt(data.n + 1)));
    return Math.min(7, base * zoom) * window.devicePixelRatio;
  }

  const screenX = (x) => (x - view.x) * view.scale + canvas.width / 2;
  const screenY = (y) => canvas.height / 2 - (y - view.y) * view.scale;
  const mapX = (x) => (x - canvas.width / 2) / view.scale + view.x;
  const mapY = (y) => view.y - (y - canvas.height / 2) / view.scale;

  function paintDots() {
    const { width, height } = canvas;
    const r = radius(), { inner, rim, part } = disc(r), edge = Math.ceil(r) + 1;
    const keys = shown[colour.value], off = hiddenKeys[colour.value];
    const skip = new Uint8Array(256);
    off.forEach((value) => { skip[value] = 1; });
    pixels.fill(palette.paper);
    const passes = selected ? [0, 1] : [1];
    for (const pass of passes) {
      for (let i = 0; i < data.n; i++) {
        if (skip[keys[i]] || (selected && selected[i] !== pass)) continue;
        const x = Math.round(screenX(data.x[i])), y = Math.round(screenY(data.y[i]));
        if (x < edge || y < edge || x >= width - edge || y >= height - edge) continue;
        const value = pass ? palette.keys[keys[i]] : palette.pale;
        const middle = y * width + x;
        for (let s = 0; s < inner.length; s++) pixels[middle + inner[s]] = value;
        for (let s = 0; s < rim.length; s++) pixels[middle + rim[s]] = mixed(pixels[middle + rim[s]], value, part[s]);
      }
    }
    context.putImageData(image, 0, 0);
  }

  function paintLabels() {
    const ratio = window.devicePixelRatio, style = getComputedStyle(canvas), taken = [];
    context.font = `600 ${12 * ratio}px ${style.fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 4 * ratio;
    context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--halo");
    context.fillStyle = style.color;
    for (const label of labels) {
      const x = screenX(label.x), y = screenY(label.y), half = context.measureText(label.name).width / 2 + 4 * ratio;
      const box = [x - half, y - 9 * ratio, x + half, y + 9 * ratio];
      if (box[0] < 0 || box[2] > canvas.width || box[1] < 0 || box[3] > canvas.height) continue;
      if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
      taken.push(box);
      context.strokeText(label.name, x, y);
      context.fillText(label.name, x, y);
    }
  }

  function paintPath() {
    if (!path || path.length < 2) return;
    context.beginPath();
    path.forEach(([x, y], i) => (i ? context.lineTo(screenX(x), screenY(y)) : context.moveTo(screenX(x), screenY(y))));
    context.closePath();
    context.lineWidth = 2 * window.devicePixelRatio;
    context.setLineDash([6, 4]);
    context.strokeStyle = getComputedStyle(canvas).color;
    context.stroke();
    context.setLineDash([]);
  }

  function draw() {
    asked = false;
    if (!data || !canvas.width || !canvas.height) return;
    const begun = performance.now();
    paintDots();
    paintLabels();
    paintPath();
    if (measuring) performance.measure("map", { start: begun, end: performance.now() });
  }

  function redraw() {
    if (!asked) {
      asked = true;
      requestAnimationFrame(draw);
    }
  }

  function fit() {
    const box = bounds();
    const wide = (box.right - box.left || 1) * 1.08, high = (box.bottom - box.top || 1) * 1.08;
    view.fitted = view.scale = Math.min(canvas.width / wide, canvas.height / high);
    view.x = (box.left + box.right) / 2;
    view.y = (box.top + box.bottom) / 2;
    redraw();
  }

  function resize() {
    const ratio = window.devicePixelRatio, box = canvas.getBoundingClientRect();
    const former = canvas.width;
    canvas.width = Math.round(box.width * ratio);
    canvas.height = Math.round(box.height * ratio);
    if (!canvas.width || !canvas.height) return;
    image = context.createImageData(canvas.width, canvas.height);
    pixels = new Uint32Array(image.data.buffer);
    if (data && former) redraw();
  }

  function zoom(factor, x = canvas.width / 2, y = canvas.height / 2) {
    const atX = mapX(x), atY = mapY(y);
    view.scale = Math.min(view.fitted * 200, Math.max(view.fitted * 0.5, view.scale * factor));
    view.x = atX - (x - canvas.width / 2) / view.scale;
    view.y = atY + (y - canvas.height / 2) / view.scale;
    redraw();
  }

  function pan(x, y) {
    view.x -= x / view.scale;
    view.y += y / view.scale;
    redraw();
  }

  function nearest(x, y) {
    if (!grid) return -1;
    const reach = Math.max(radius(), 7 * window.devicePixelRatio);
    const [left, top] = grid.cellOf(mapX(x - reach), mapY(y + reach));
    const [right, bottom] = grid.cellOf(mapX(x + reach), mapY(y - reach));
    const keys = shown[colour.value], off = hiddenKeys[colour.value];
    let found = -1, best = reach * reach;
    for (let row = top; row <= bottom; row++) {
      for (let at = grid.starts[row * CELLS + left]; at < grid.starts[row * CELLS + right + 1]; at++) {
        const i = grid.members[at];
        const dx = screenX(data.x[i]) - x, dy = screenY(data.y[i]) - y, far = dx * dx + dy * dy;
        if (far <= best && !off.has(keys[i])) [found, best] = [i, far];
      }
    }
    return found;
  }

  let hovered = -1;
  let waiting = 0;
  function point(i, x, y) {
    if (i === hovered) return;
    hovered = i;
    clearTimeout(waiting);
    tip.hidden = true;
    if (i >= 0) waiting = setTimeout(() => tell(i, x, y), 60);
  }

  async function tell(i, x, y) {
    const answer = await fetch(`/map/points/${i}?run=${encodeURIComponent(run)}`);
    if (!answer.ok || i !== hovered) return;
    const said = await answer.json();
    const name = document.createElement("strong");
    const link = document.createElement("a");
    link.href = `/customers/${encodeURIComponent(said.id)}`;
    link.textContent = said.name;
    name.append(link);
    tip.replaceChildren(name, ...[said.city, said.group, said.facts].filter(Boolean).map((text) => {
      const line = document.createElement("div");
      line.textContent = text;
      return line;
    }));
    tip.hidden = false;
    const ratio = window.devicePixelRatio, frame = canvas.getBoundingClientRect();
    tip.style.left = `${Math.max(6, Math.min(x / ratio + 12, frame.width - tip.offsetWidth - 6))}px`;
    const below = y / ratio + 14;
    tip.style.top = `${below + tip.offsetHeight < frame.height ? below : Math.max(6, y / ratio - tip.offsetHeight - 12)}px`;
  }

  function inside(corners) {
    const found = new Uint8Array(data.n);
    for (let i = 0; i < data.n; i++) {
      const x = data.x[i], y = data.y[i];
      for (let a = 0, b = corners.length - 1; a < corners.length; b = a++) {
        const [x0, y0] = corners[a], [x1, y1] = corners[b];
        if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) found[i] ^= 1;
      }
    }
    return found;
  }

  async function select(corners) {
    path = corners.map(([x, y]) => [Number(x.toFixed(4)), Number(y.toFixed(4))]);
    selected = inside(path);
    clear.hidden = false;
    redraw();
    const area = path.map((corner) => corner.join(",")).join(";");
    const answer = await fetch(`/map/selection?area=${encodeURIComponent(area)}`);
    const section = document.getElementById("selection");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    section.replaceChildren(...page.body.childNodes);
    canvas.dataset.selected = String(selected.reduce((sum, one) => sum + one, 0));
  }

  function unselect() {
    selected = path = null;
    clear.hidden = true;
    delete canvas.dataset.selected;
    document.getElementById("selection").replaceChildren();
    redraw();
  }

  function setLasso(on) {
    lassoing = on;
    lassoButton.setAttribute("aria-pressed", String(on));
    canvas.classList.toggle("drawing", on);
  }

  const pointers = new Map();
  const place = (event) => {
    const box = canvas.getBoundingClientRect(), ratio = window.devicePixelRatio;
    return [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
  };
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return [Math.hypot(a[0] - b[0], a[1] - b[1]), (a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  };

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    if (lassoing && pointers.size === 1) {
      selected = null;
      path = [[mapX(place(event)[0]), mapY(place(event)[1])]];
    }
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = place(event), former = pointers.get(event.pointerId);
    if (!former) {
      point(nearest(x, y), x, y);
      return;
    }
    if (pointers.size === 2) {
      const [before, fromX, fromY] = spread();
      pointers.set(event.pointerId, [x, y]);
      const [after, toX, toY] = spread();
      pan(toX - fromX, toY - fromY);
      if (before > 0) zoom(after / before, toX, toY);
      return;
    }
    if (lassoing && path) {
      const [lastX, lastY] = path[path.length - 1];
      const step = 6 * window.devicePixelRatio * Math.max(1, path.length / 100);
      if (path.length < 200 && Math.hypot(screenX(lastX) - x, screenY(lastY) - y) > step) path.push([mapX(x), mapY(y)]);
      redraw();
    } else if (Math.hypot(x - former[0], y - former[1]) > 1) {
      point(-1, x, y);
      pan(x - former[0], y - former[1]);
    }
    pointers.set(event.pointerId, [x, y]);
  });
  const release = (event) => {
    const [x, y] = place(event);
    if (!pointers.delete(event.pointerId)) return;
    if (lassoing && path && path.length > 3) {
      setLasso(false);
      select(path);
    } else if (event.pointerType !== "mouse") {
      point(nearest(x, y), x, y);
    }
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * 0.0016), ...place(event));
  }, { passive: false });
  canvas.addEventListener("click", (event) => {
    const i = nearest(...place(event));
    if (event.detail === 2 && i >= 0 && i === hovered && !tip.hidden) location.assign(tip.querySelector("a").href);
  });

  const KEYS = {
    ArrowLeft: () => pan(60, 0), ArrowRight: () => pan(-60, 0), ArrowUp: () => pan(0, 60), ArrowDown: () => pan(0, -60),
    "+": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: fit, Escape: () => { setLasso(false); unselect(); },
  };
  canvas.addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  const DO = {
    in: () => zoom(1.5), out: () => zoom(1 / 1.5), fit, clear: unselect, lasso: () => setLasso(!lassoing),
    window: () => {
      const [left, right, top, bottom] = [mapX(0), mapX(canvas.width), mapY(0), mapY(canvas.height)];
      select([[left, top], [right, top], [right, bottom], [left, bottom]]);
    },
  };
  document.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", () => data && DO[button.dataset.do]()));

  function legend() {
    document.querySelectorAll("#map-legend > span").forEach((part) => { part.hidden = part.dataset.mode !== colour.value; });
  }
  document.querySelectorAll("#map-legend .key").forEach((key) => key.addEventListener("click", () => {
    const off = hiddenKeys[colour.value], value = Number(key.dataset.value);
    if (!off.delete(value)) off.add(value);
    key.setAttribute("aria-pressed", String(!off.has(value)));
    redraw();
  }));
  colour.addEventListener("change", () => { colours(); legend(); redraw(); });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colours(); redraw(); });
  new ResizeObserver(resize).observe(canvas);

  async function load() {
    const answer = await fetch(`/map/points?run=${encodeURIComponent(run)}`);
    if (answer.status === 409) {
      location.reload();
      return;
    }
    data = unpack(await answer.arrayBuffer());
    grid = gridded(bounds());
    shown = keyed();
    colours();
    legend();
    resize();
    fit();
    note.hidden = true;
    canvas.dataset.ready = String(data.n);
  }
  load().catch(() => { note.textContent = "…"; });
})();
