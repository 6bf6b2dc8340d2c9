"use strict";
// Asks every other second what is at work; the sentence changes only with the state, so that it is not read out again.
(() => {
  const now = document.getElementById("now");
  const parts = Object.fromEntries(["sentence", "share", "detail", "stages"].map((id) => [id, document.getElementById(id)]));

  function write(part, text) {
    if (part.textContent !== text) part.textContent = text;
  }

  function show(told) {
    const ended = now.dataset.state === "running" && told.state === "done";
    now.dataset.state = told.state;
    write(parts.sentence, told.sentence);
    write(parts.detail, told.detail);
    parts.share.hidden = told.state !== "running";
    if (told.share === null) parts.share.removeAttribute("value");
    else parts.share.value = told.share;
    if (told.stages.length !== parts.stages.children.length) {
      parts.stages.replaceChildren(...told.stages.map((name) => Object.assign(document.createElement("li"), { textContent: name })));
    }
    if (ended) location.reload();
  }

  async function ask() {
    try {
      const answer = document.hidden ? null : await fetch("/runs/status");
      if (answer && answer.ok) show(await answer.json());
    } finally {
      setTimeout(ask, 2000);
    }
  }
  setTimeout(ask, 1000);
})();
