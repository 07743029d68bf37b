/* Offers to take the place from the device, where the browser can tell it. It is cut to one decimal here, before it goes
   anywhere: about ten kilometres. Without this file the form asks for a town and does the same. */
(() => {
  "use strict";
  const button = document.getElementById("here");
  if (!button || !("geolocation" in navigator) || !isSecureContext) return;
  const said = document.getElementById("here-said");
  const near = document.getElementById("near");
  const parts = [document.getElementById("lat"), document.getElementById("lon")];
  button.hidden = false;

  const found = ({ coords }) => {
    const place = [coords.latitude.toFixed(1), coords.longitude.toFixed(1)];
    parts.forEach((part, at) => {
      part.value = place[at];
      part.disabled = false;
    });
    near.value = "";
    said.textContent = said.dataset.found.replace("%s", place.join(", "));
  };

  button.addEventListener("click", () => {
    said.textContent = said.dataset.asking;
    const refused = () => { said.textContent = said.dataset.refused; };
    navigator.geolocation.getCurrentPosition(found, refused, { maximumAge: 600000, timeout: 20000 });
  });
  // A town that is typed takes the place of what the device said.
  near.addEventListener("input", () => {
    if (!near.value) return;
    said.textContent = "";
    for (const part of parts) part.disabled = true;
  });
})();
