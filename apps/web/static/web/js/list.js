/* A comfort for the list of trials: a filter that is ticked takes effect at once, without a new page.
   Without this file the form has a button and does the same. */
(() => {
  "use strict";
  document.documentElement.classList.add("live");
  let asked = 0;
  let shown = location.search;

  const address = (form) => {
    const pairs = [...new FormData(form)].filter(([, value]) => value !== "");
    const query = new URLSearchParams(pairs).toString();
    return form.action + (query ? "?" + query : "");
  };

  const show = async (url, focused) => {
    const mine = ++asked;
    const list = document.getElementById("list");
    const open = new Map([...list.querySelectorAll("details")].map((part) => [part.id, part.open]));
    list.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (mine !== asked) return;
      const fresh = page.getElementById("list");
      for (const part of fresh.querySelectorAll("details")) part.open = open.get(part.id) ?? part.open;
      for (const part of [".list__state", ".list__results", "#filter-form"]) {
        list.querySelector(part).replaceWith(fresh.querySelector(part));
      }
      // Changed in place, so that a screen reader says the new heading.
      list.querySelector("h1").textContent = fresh.querySelector("h1").textContent;
      list.removeAttribute("aria-busy");
      document.title = page.title;
      history.pushState(null, "", url + location.hash);
      shown = location.search;
      document.getElementById(focused)?.focus({ preventScroll: true });
    } catch {
      location.assign(url);
    }
  };

  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (event.target.type === "checkbox" && form?.id === "filter-form") show(address(form), event.target.id);
  });
  // The address is the state: going back asks for it anew.
  addEventListener("popstate", () => { if (location.search !== shown) location.reload(); });
})();
