// A host shows this page under any address, and its links are relative to the root of the site. Which folder that is
// is looked for upwards from the address: it is the one that holds the script of the search.
(async () => {
  // A page that is opened as a file stands where it was built.
  if (!location.protocol.startsWith("http")) return;
  for (const folders = location.pathname.split("/").slice(1, -1); ; folders.pop()) {
    const root = new URL(["", ...folders, ""].join("/"), location);
    const found = await fetch(new URL("_static/search.js", root), { method: "HEAD" }).catch(() => ({}));
    if (found.ok && /script/.test(found.headers.get("Content-Type"))) {
      for (const link of document.querySelectorAll("[href]:not([href^='#'])")) link.href = new URL(link.getAttribute("href"), root);
      for (const form of document.forms) form.action = new URL(form.getAttribute("action"), root);
    }
    if (found.ok || !folders.length) return;
  }
})();
