// What pages do beyond what they do without it: the reader's zone, live updates, the
// slider over looks, keys. Everything here has a way without script.
(() => {
  "use strict";
  const $ = (selector) => document.querySelector(selector);

  // The zone of who reads, for the server, which writes all times.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const told = $("#zone")?.dataset.zone || "UTC";
  const kept = document.cookie.split("; ").find((pair) => pair.startsWith("zone="));
  if (zone !== told && kept !== "zone=" + encodeURIComponent(zone)) {
    document.cookie = "zone=" + encodeURIComponent(zone) + "; path=/; max-age=31536000; SameSite=Strict";
    if (document.cookie.includes("zone=")) location.reload();
  }

  // Live: what a page shows is read again when something has happened to it, and put in
  // place of what differs. What one reads or writes in stays where it is.
  const main = () => $("#main");
  let wanted = false, reading = false, last = Date.now(), since = "";
  const busy = () => {
    const at = document.activeElement;
    return at && at.closest("#main") && ["INPUT", "SELECT", "TEXTAREA"].includes(at.tagName) || !getSelection().isCollapsed;
  };
  const stale = (is) => {
    since = is ? since || new Date().toLocaleTimeString() : "";
    $("#stale span").textContent = since;
    $("#stale").hidden = !since;
  };
  const refresh = async () => {
    if (reading || document.hidden || busy()) return;
    reading = true;
    wanted = false;
    await htmx.ajax("GET", location.href, { source: main(), target: "#main", select: "#main", swap: "morph:outerHTML", headers: { "X-Live": "1" } }).catch(() => {});
    last = Date.now();
    reading = false;
  };
  for (const lost of ["htmx:sendError", "htmx:timeout"]) addEventListener(lost, () => stale(true));
  addEventListener("htmx:afterOnLoad", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401) location.reload(); // who reads is to log in again
    stale(status >= 500);
    const read = status < 400 && new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html").querySelector("#read");
    if (read) $("#read").replaceWith(read);
  });
  addEventListener("htmx:afterSettle", () => arrange());
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name) => name !== "open"; // what one has opened stays so
  // Nothing moves up while it is live: what has held more rows keeps their room.
  const room = new Map();
  const keepRoom = () => {
    if (!main().dataset.live) return;
    for (const part of main().querySelectorAll(":scope > section[aria-labelledby]")) {
      const name = part.getAttribute("aria-labelledby");
      part.style.minHeight = "";
      room.set(name, Math.max(room.get(name) || 0, part.offsetHeight));
      part.style.minHeight = room.get(name) + "px";
    }
  };
  addEventListener("htmx:afterSwap", keepRoom);
  addEventListener("resize", () => { room.clear(); keepRoom(); });
  keepRoom();
  if (main().dataset.live) {
    const about = main().dataset.live;
    let stream, tried = 0;
    const heard = (event) => {
      let job = "";
      try { job = JSON.parse(event.data).job; } catch { /* all that happens may matter */ }
      if (about === "all" || !job || job === about) wanted = true;
    };
    // A page that nobody sees listens to nothing: browsers allow few connections. What
    // happened before a stream is open is read then.
    const listen = () => {
      stream?.close();
      if (document.hidden) return;
      tried = Date.now();
      stream = new EventSource("/api/v1/events/stream");
      stream.onopen = () => { wanted = true; };
      stream.onmessage = heard;
    };
    document.addEventListener("visibilitychange", listen);
    listen();
    setInterval(() => {
      if (stream?.readyState === EventSource.CLOSED && Date.now() - tried > 5000) listen();
      const every = Number(main().dataset.every || 0) * 1000;
      const quiet = Date.now() - last;
      if (wanted && quiet > 2000 || every && quiet > every || since && quiet > 5000) refresh();
    }, 1000);
  }

  // The slider stops at looks; the page of a moment has an address of its own.
  const arrange = () => {
    const slider = $(".slide input");
    if (!slider || !slider.dataset.stops || slider.dataset.ready) return;
    slider.dataset.ready = "1";
    slider.hidden = false;
    const first = Number(slider.dataset.first);
    const stops = slider.dataset.stops.split(" ").map((after) => first + Number(after));
    const field = $(".steps input[name=known_at]");
    const nearest = (at) => stops.reduce((best, stop) => Math.abs(stop - at) < Math.abs(best - at) ? stop : best, stops[0]);
    const tell = (at) => slider.setAttribute("aria-valuetext", new Date(at).toLocaleString());
    tell(Number(slider.value));
    slider.addEventListener("input", () => {
      const at = nearest(Number(slider.value));
      field.value = new Date(at).toISOString();
      tell(at);
      const line = $("line.moment");
      if (line) {
        const part = 100 * (at - slider.min) / (slider.max - slider.min);
        line.setAttribute("x1", part + "%");
        line.setAttribute("x2", part + "%");
      }
    });
    slider.addEventListener("change", () => {
      const address = new URL(location.href);
      address.searchParams.set("known_at", new Date(nearest(Number(slider.value))).toISOString());
      address.searchParams.delete("as_of");
      address.hash = "";
      show(address);
    });
    slider.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: "#earlier-look", ArrowDown: "#earlier-look", ArrowRight: "#later-look", ArrowUp: "#later-look" }[event.key];
      if (!step) return;
      event.preventDefault();
      const link = $(step);
      if (link) show(new URL(link.href));
    });
  };
  // Puts another page of the same kind in place, and keeps where one is. Back leads to the
  // page before: what is on the screen is of another address then.
  const loaded = performance.getEntriesByType("navigation")[0]?.name ?? location.href;
  let showing = false, shown = new URL(loaded).search;
  const show = async (address) => {
    if (showing) return;
    showing = true;
    const held = document.activeElement?.closest(".slide"), was = main();
    try {
      await htmx.ajax("GET", address.href, { source: was, target: "#main", select: "#main", swap: "outerHTML" });
      if (main() === was) return location.assign(address); // it is refused, on a page that says why
      history.pushState({}, "", address);
      shown = location.search;
      arrange();
      if (held) $(".slide input")?.focus({ preventScroll: true });
    } catch { /* nobody answers: the page says so, and stays */ } finally { showing = false; }
  };
  addEventListener("htmx:replacedInHistory", () => { shown = location.search; });
  const follow = () => { if (location.search !== shown) location.reload(); };
  addEventListener("popstate", follow);
  follow(); // who went back before this script ran

  addEventListener("change", (event) => {
    if (event.target.tagName === "SELECT" && event.target.form?.classList.contains("filter")) event.target.form.requestSubmit();
  });

  // Keys: / finds, [ and ] go to the run, or page, before and after.
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const go = { "/": ".search input", "[": "a[rel=prev]", "]": "a[rel=next]" }[event.key];
    const target = go && $(go);
    if (!target) return;
    event.preventDefault();
    target.tagName === "A" ? target.click() : target.focus();
  });
  arrange();
})();
