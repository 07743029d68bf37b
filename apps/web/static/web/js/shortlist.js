/* A comfort: up to six trials on a list of the reader's own. Their numbers stay in this browser (localStorage).
   Without this file nothing of the list is shown; trials are compared by ticking them in the list of trials. */
(() => {
  "use strict";
  const KEY = "trialtracker.kept";
  const MOST = 6;

  // Whatever stands there, only numbers of trials come out.
  const kept = () => {
    try {
      const found = JSON.parse(localStorage.getItem(KEY));
      if (!Array.isArray(found)) return [];
      return [...new Set(found.filter((id) => typeof id === "string" && /^NCT\d{8}$/.test(id)))].slice(0, MOST);
    } catch {
      return [];
    }
  };
  const keep = (ids) => {
    try {
      if (ids.length) localStorage.setItem(KEY, JSON.stringify(ids));
      else localStorage.removeItem(KEY);
    } catch {
      // A browser that keeps nothing: the list is as it was.
    }
    show();
  };

  const button = document.querySelector("[data-keep]");
  const panel = document.getElementById("my-list");
  const put = button?.textContent;

  const show = () => {
    const ids = kept();
    for (const link of document.querySelectorAll("[data-kept]")) {
      link.hidden = !ids.length;
      link.href = link.pathname + (ids.length ? "?" + new URLSearchParams(ids.map((id) => ["nct", id])) : "");
      if (link.dataset.label) link.textContent = link.dataset.label.replace("{n}", ids.length);
    }
    if (button) {
      const on = ids.includes(button.dataset.keep);
      const full = !on && ids.length >= MOST;
      button.hidden = false;
      button.disabled = full;
      button.textContent = on ? button.dataset.off : full ? button.dataset.full : put;
    }
    if (panel) {
      panel.hidden = !ids.length;
      panel.querySelector("[data-ids]").textContent = ids.join(", ");
    }
  };

  button?.addEventListener("click", () => {
    const ids = kept();
    const id = button.dataset.keep;
    keep(ids.includes(id) ? ids.filter((other) => other !== id) : [...ids, id].slice(0, MOST));
  });
  panel?.querySelector("[data-forget]").addEventListener("click", () => keep([]));
  // Another tab may have changed the list.
  addEventListener("storage", (event) => { if (event.key === KEY || event.key === null) show(); });
  show();
})();
