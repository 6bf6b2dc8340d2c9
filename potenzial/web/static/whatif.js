"use strict";
// Moves the borders by sliders, and puts the new figures in place of the old ones while they move.
(() => {
  const form = document.getElementById("borders");
  const result = document.getElementById("result");
  const field = (name) => form.elements.namedItem(name);
  const sliders = [...form.querySelectorAll("[data-of]")];
  let asked = 0, timer = 0;

  // Two figures are as exact as a hand can point.
  const rounded = (value) => Number(value.toPrecision(2));

  function follow() {
    sliders.forEach((slider) => { slider.value = String(Math.log10(Math.max(1, Number(field(slider.dataset.of).value)))); });
  }

  async function show() {
    const mine = ++asked;
    const address = `/whatif?${new URLSearchParams(new FormData(form))}`;
    const answer = await fetch(address);
    if (!answer.ok || mine !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    result.replaceChildren(...page.getElementById("result").childNodes);
    history.replaceState(null, "", address);
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(show, 60);
  }

  // A never begins below B: the border that moves pushes the other.
  function push(moved) {
    const a = Number(field("a").value), b = Number(field("b").value);
    if (a < b) field(moved === "a" ? "b" : "a").value = String(moved === "a" ? a : b);
  }

  sliders.forEach((slider) => {
    slider.hidden = false;
    slider.addEventListener("input", () => {
      field(slider.dataset.of).value = String(rounded(10 ** Number(slider.value)));
      push(slider.dataset.of);
      follow();
      later();
    });
  });
  ["a", "b"].forEach((name) => field(name).addEventListener("change", () => { push(name); follow(); later(); }));
  follow();
})();
