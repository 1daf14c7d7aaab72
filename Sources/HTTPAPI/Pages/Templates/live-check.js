// Says what is wrong with a document while it is typed. The page is whole without: its Check button asks the same.
"use strict";
(() => {
  const pause = 500;
  const say = (box, findings, isUsable) => {
    const list = document.createElement("ul");
    for (const finding of findings) {
      const item = document.createElement("li");
      item.className = finding.gravity;
      // Text, never markup: what is said repeats what somebody typed.
      item.textContent = finding.text;
      list.append(item);
    }
    const words = document.createElement("strong");
    words.textContent = !isUsable ? "This cannot be used yet." : findings.length ? "Look at this." : "Nothing is wrong with it.";
    box.className = "findings " + (!isUsable ? "bad" : findings.length ? "caution" : "good");
    box.replaceChildren(words, ...(findings.length ? [list] : []));
  };
  for (const form of document.querySelectorAll("form[data-check]")) {
    const text = form.querySelector("textarea.code"), box = form.querySelector(".findings");
    let timer, pending;
    const check = async () => {
      pending?.abort();
      pending = new AbortController();
      const body = new URLSearchParams({ csrf: form.dataset.token, document: text.value, kind: text.name });
      try {
        const answer = await fetch(form.dataset.check, { method: "POST", body, signal: pending.signal });
        if (!answer.ok) throw new Error(answer.status);
        const said = await answer.json();
        say(box, said.findings, said.usable);
      } catch (error) {
        if (error.name === "AbortError") return;
        box.className = "findings";
        box.textContent = "It cannot be checked at the moment. The Check button tries again.";
      }
    };
    text.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(check, pause);
    });
  }
})();

// Takes an answer to the application that asked; the form has a button for browsers that run no script.
for (const form of document.querySelectorAll("form[data-submit]")) form.submit();
