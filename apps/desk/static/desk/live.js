/* A comfort for what goes on while one looks: the part #live is asked for again while it moves.
   Without this file its link "Look again" does the same. */
(() => {
  "use strict";
  const EVERY = 2000;
  let misses = 0;

  const typed = () => [...document.querySelectorAll("input, textarea")].some((field) => field.value !== field.defaultValue);

  const again = async () => {
    const part = document.getElementById("live");
    if (!part?.hasAttribute("data-moves") || misses > 30) return;
    if (!document.hidden) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("live");
        // What has come to rest may have buttons now that stand elsewhere on the page. Nothing typed is lost for them.
        if (!fresh.hasAttribute("data-moves") && !typed()) return location.reload();
        if (!part.contains(document.activeElement) && fresh.innerHTML !== part.innerHTML) part.innerHTML = fresh.innerHTML;
        part.toggleAttribute("data-moves", fresh.hasAttribute("data-moves"));
        misses = 0;
      } catch {
        misses += 1;
      }
    }
    setTimeout(again, EVERY);
  };
  setTimeout(again, EVERY);
})();
