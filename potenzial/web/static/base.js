"use strict";
// Selects marked with data-submit send their form at once; without script the form's button does.
document.addEventListener("change", (event) => {
  const field = event.target;
  if (field instanceof HTMLElement && field.dataset.submit !== undefined && field.form) field.form.requestSubmit();
});
// Empty fields stay out of the address.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "get") return;
  for (const field of form.elements) if ("value" in field && field.name && field.value === "") field.disabled = true;
});
// Back in the history the fields are usable again.
window.addEventListener("pageshow", () => {
  for (const field of document.querySelectorAll("form[method=get] :disabled")) field.disabled = false;
});
// Arrow keys turn pages, a slash goes to the search; not while somebody types.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [role=slider], canvas")) return;
  const link = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
  const search = event.key === "/" && document.querySelector("input[type=search]");
  if (link) link.click();
  else if (search) search.focus();
  else return;
  event.preventDefault();
});
