// Before anything is painted: the theme that was chosen here before, or the system's. A plain script for that reason.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("emprox-theme");
  } catch {
    // Storage may be forbidden: the system's theme does.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
