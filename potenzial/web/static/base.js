"use strict";
// Selects marked with data-submit send their form at once; without script the form's button does.
document.addEventListener("change", (event) => {
  const field = event.target;
  if (field instanceof HTMLElement && field.dataset.submit !== undefined && field.form) field.form.requestSubmit();
});
