"use strict";
// Suggests customers while somebody types, and counts what the filters leave while they are set.
(() => {
  const seed = document.getElementById("seed"), list = document.getElementById("seed-list");
  let waiting = 0, active = -1;

  function close() {
    list.hidden = true;
    active = -1;
    seed.setAttribute("aria-expanded", "false");
    seed.removeAttribute("aria-activedescendant");
  }

  function mark(place) {
    const items = [...list.children];
    active = items.length ? (place + items.length) % items.length : -1;
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === active)));
    if (active >= 0) seed.setAttribute("aria-activedescendant", items[active].id);
  }

  function take(item) {
    seed.value = item.dataset.id;
    close();
    seed.form.requestSubmit();
  }

  async function suggest() {
    const typed = seed.value.trim();
    if (typed.length < 2) return close();
    const answer = await fetch(`/lookalikes/suggest?q=${encodeURIComponent(typed)}`);
    if (!answer.ok || seed.value.trim() !== typed) return;
    const items = (await answer.json()).map((one, i) => {
      const item = document.createElement("li");
      item.id = `seed-${i}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.dataset.id = one.id;
      item.textContent = [one.name, one.id, one.city].filter(Boolean).join(" · ");
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); take(item); });
      return item;
    });
    list.replaceChildren(...items);
    list.hidden = !items.length;
    active = -1;
    seed.setAttribute("aria-expanded", String(Boolean(items.length)));
  }

  seed.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(suggest, 120); });
  seed.addEventListener("blur", () => setTimeout(close, 150));
  seed.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!list.hidden) mark(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      take(list.children[active]);
    } else if (event.key === "Escape") close();
  });

  // On a narrow screen the filters stand above what was found: closed, so that the latter is seen.
  if (matchMedia("(max-width:900px)").matches) document.getElementById("filters").open = false;
  const form = document.getElementById("narrowing");
  let counting = 0;
  async function count() {
    const mine = ++counting;
    const answer = await fetch(`/lookalikes/counts?${new URLSearchParams(new FormData(form))}`);
    if (!answer.ok || mine !== counting) return;
    const found = await answer.json(), write = new Intl.NumberFormat(document.documentElement.lang);
    form.querySelector("[data-left]").textContent = write.format(found.left);
    form.querySelectorAll("[data-count]").forEach((output) => {
      output.textContent = write.format(found.values[output.dataset.count]?.[output.dataset.value] ?? 0);
    });
  }
  let timer = 0;
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(count, 150); });
})();
