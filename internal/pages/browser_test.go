package pages_test

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tracker/internal/store"
)

// axe finds what keeps people from using a page: https://github.com/dequelabs/axe-core.
//
//go:embed testdata/axe.min.js
var axe string

// shots is where pictures are written, for who wants to look.
var shots = flag.String("shots", "", "write a picture of each page of TestFits to this directory")

// browser is a window of a browser.
type browser struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // it is the window
}

// newBrowser starts a browser; without one on the machine the test is skipped.
func newBrowser(t *testing.T) browser {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("pages are not tried in a browser: neither chromium nor google-chrome is installed; scripts/setup chromium installs one")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(time.Minute))
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	return browser{t, ctx}
}

// do does one thing after the other.
func (b browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// open shows a page in a window of a width and in a theme, light or dark.
func (b browser) open(address string, width int64, theme string) {
	b.t.Helper()
	params := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, params); err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.EmulateViewport(width, 900), chromedp.Navigate(address), chromedp.WaitReady("main"))
}

// evaluate gives the value of an expression of the page.
func evaluate[T any](b browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// await waits until an expression of the page is true, or of one that takes its place.
func (b browser) await(expression string) {
	b.t.Helper()
	var err error
	for range 5 {
		_, err = chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(30*time.Second)))
		if _, left := errors.AsType[*cdproto.Error](err); !left { // it is not that the page was left meanwhile
			break
		}
	}
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
}

// picture writes a picture of the page, where that is asked for.
func (b browser) picture(name string) {
	b.t.Helper()
	if *shots == "" {
		return
	}
	image, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	name = strings.NewReplacer("/", "_", "?", "_", "&", "_", "%", "_", "=", "_").Replace(name)
	if err := os.WriteFile(filepath.Join(*shots, name), image, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// violation is something that axe finds.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// TestAccessible: axe-core finds nothing on any page, in both themes, narrow and wide.
func TestAccessible(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	l := newLab(t)
	l.restless()
	l.seal()
	empty := newLab(t)
	addresses := []string{empty.server.URL + "/", empty.server.URL + "/sources", empty.server.URL + "/audit"}
	for _, path := range everyPage() {
		addresses = append(addresses, l.server.URL+path)
	}
	for _, address := range addresses {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{360, 1280} {
				b.open(address, width, theme)
				evaluate[chromedp.Void](b, axe+";0")
				for _, v := range evaluate[[]violation](b, `axe.run().then(r => r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => ({html: n.html, failureSummary: n.failureSummary}))})))`) {
					t.Errorf("%s (%s, %d px): %s: %s\n%s\n%s", address, theme, width, v.ID, v.Help, v.Nodes[0].HTML, v.Nodes[0].Summary)
				}
			}
		}
	}
}

// TestFits: no page is wider than its window, whatever a service says.
func TestFits(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	l := newLab(t)
	long := strings.Repeat("word ", 400) + strings.Repeat("x", 2000)
	l.follow("stores-eu",
		run("r1", "in_progress", step("fetch", "in_progress", entry("info", "שלום, "+long))),
		run("r1", "failed", step("a step whose name goes on and on and on, "+long[:300], "failed", entry("error", "🏬🇫🇷 "+long)+","+entry("warning", long))))
	l.follow(strings.Repeat("a-very-long-name-", 3), run("r1", "success", ""))
	l.follow("large", largeRun())
	l.seal()
	for _, path := range append(everyPage(), "/jobs/stores-eu/runs/1", "/jobs/large/runs/1", "/jobs/stores-eu/runs/1?from=1&to=2") {
		for _, width := range []int64{360, 1280, 2560} {
			b.open(l.server.URL+path, width, "light")
			over := evaluate[string](b, `(() => {
				if (document.documentElement.scrollWidth <= innerWidth) return "";
				const over = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, pre, svg"));
				const widest = Math.max(...over.map((e) => e.getBoundingClientRect().right));
				return widest + " px: " + over.filter((e) => e.getBoundingClientRect().right === widest).at(-1)?.outerHTML.slice(0, 300);
			})()`)
			if over != "" {
				t.Errorf("%s in %d px: %s", path, width, over)
			}
			b.picture(fmt.Sprintf("%s-%d-light.png", path, width))
			if *shots != "" {
				b.open(l.server.URL+path, width, "dark")
				b.picture(fmt.Sprintf("%s-%d-dark.png", path, width))
			}
		}
	}
}

// TestSourcesInOneLine: why a source is paused, however long, takes no line of the table's
// short cells.
func TestSourcesInOneLine(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	l := newLab(t)
	l.follow("stores-eu", run("r1", "in_progress", ""))
	l.ask(http.MethodPost, "/sources/woosmap/pause", url.Values{"reason": {strings.Repeat("403 Forbidden: ", 12)}})
	b.open(l.server.URL+"/sources", 1280, "light")
	cells := evaluate[int](b, `document.querySelectorAll("tbody td:not(:nth-child(3))").length`)
	broken := evaluate[[]string](b, `[...document.querySelectorAll("tbody td:not(:nth-child(3))")].filter((e) => {
		const text = document.createRange();
		text.selectNodeContents(e);
		return text.getBoundingClientRect().height > 1.8 * parseFloat(getComputedStyle(e).lineHeight);
	}).map((e) => e.innerText)`)
	if cells < 5 || len(broken) > 0 {
		t.Errorf("of %d cells these take more than a line: %q", cells, broken)
	}
}

// TestSlider: an arrow key leads to the page as of the look before, and stays at the slider.
func TestSlider(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	l := newLab(t)
	l.restless()
	b.open(l.server.URL+"/jobs/stores-eu/runs/2", 1280, "light")
	for _, said := range []string{"run 2 failed in fetch", "run 2 is running in fetch"} {
		b.await(`document.querySelector(".slide input:not([hidden])") !== null`)
		b.do(chromedp.Focus(".slide input"), chromedp.KeyEvent(kb.ArrowLeft))
		b.await(fmt.Sprintf(`location.search.includes("known_at=") && document.querySelector(".verdict")?.innerText.includes(%q) && document.activeElement?.type === "range"`, said))
	}
	if address := evaluate[string](b, `document.querySelector("#later-look").getAttribute("href")`); !strings.Contains(address, "known_at=") {
		t.Errorf("the look after is at %q", address)
	}
	for _, at := range []string{`location.search.includes("known_at=")`, `location.search === "" && document.querySelector(".verdict")?.innerText.includes("by what was known") === false`} {
		evaluate[chromedp.Void](b, `document.body.dataset.left = "1"; history.back()`)
		b.await(`document.body && !document.body.dataset.left && ` + at + ` && document.querySelector(".verdict")?.innerText.includes("run 2 failed in fetch")`)
	}
	b.await(`document.querySelector(".slide input:not([hidden])") !== null`)
	evaluate[chromedp.Void](b, `document.querySelector("#earlier-look").href = "?known_at=2199-01-01"; 0`)
	b.do(chromedp.Focus(".slide input"), chromedp.KeyEvent(kb.ArrowLeft))
	b.await(`location.search.includes("2199") && document.querySelector("[aria-invalid]") !== null`)
}

// TestLive: what has happened comes on the page, where the rest stays as it is.
func TestLive(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	l := newLab(t)
	l.restless()
	b.open(l.server.URL+"/jobs/stores-eu", 1280, "light")
	evaluate[chromedp.Void](b, `document.querySelector("#runs-h").kept = document.querySelector("#read time").kept = true; document.getElementById("main").dataset.every = "1"`)
	now, err := l.store.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.PauseJob(t.Context(), store.Author{Actor: "somebody", At: now}, "stores-eu", "moves away"); err != nil {
		t.Fatal(err)
	}
	b.await(`document.getElementById("main").innerText.includes("moves away")`)
	if evaluate[bool](b, `document.querySelector("#read time").kept === true`) {
		t.Error("it tells of the first time that it was read")
	}
	if !evaluate[bool](b, `document.querySelector("#runs-h").kept === true && document.getElementById("stale").hidden`) {
		t.Error("the rest of the page was put anew, or it says that it is stale")
	}
	evaluate[chromedp.Void](b, `document.getElementById("main").dataset.every = "1"`)
	l.server.Close()
	b.await(`!document.getElementById("stale").hidden`)
}

// TestStaysWhereItIs: while it is live, what one reads does not move when a run ends; only
// what is below a table that gets a row does. Browsers call a page steady up to 0.1.
func TestStaysWhereItIs(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	l := newLab(t)
	l.follow("stores-eu", run("r1", "in_progress", step("fetch", "in_progress", entry("info", "begun"))))
	for _, c := range []struct {
		path, ended string
		most        float64
		body        string
	}{
		{"/jobs/stores-eu/runs/1", "run 1 failed", 0.05, run("r1", "failed", step("fetch", "failed", entry("info", "begun")+","+entry("error", "row 317 is not valid")))},
		{"/", "nothing", 0.02, run("r1", "success", step("fetch", "success", entry("info", "begun")))},
	} {
		if c.path == "/" { // another job's run, which is at once the only one that goes on
			l.follow("shops-fr", run("r1", "in_progress", step("fetch", "in_progress", "")))
		}
		b.open(l.server.URL+c.path, 1280, "light")
		evaluate[chromedp.Void](b, `window.moved = 0; window.what = []; new PerformanceObserver((list) => { for (const shift of list.getEntries()) {
				moved += shift.value;
				for (const s of shift.sources) what.push((s.node?.outerHTML ?? s.node?.textContent ?? "").slice(0, 60) + ": y " + s.previousRect.y + " to " + s.currentRect.y + ", height " + s.previousRect.height + " to " + s.currentRect.height);
			} }).observe({type: "layout-shift"});
			document.getElementById("main").dataset.every = "1"; 0`)
		name := map[bool]string{true: "shops-fr", false: "stores-eu"}[c.path == "/"]
		l.follow(name, c.body)
		b.await(fmt.Sprintf(`document.getElementById("main").innerText.includes(%q)`, c.ended))
		if moved := evaluate[float64](b, `new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(moved), 500)))`); moved > c.most {
			t.Errorf("%s has moved by %.4f: %s", c.path, moved, evaluate[string](b, `what.join("\n")`))
		}
	}
}

// TestLongTexts: what a service says at length is folded, and opens without script, by
// keyboard; it stays open while the page is live.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	l := newLab(t)
	long := strings.Repeat("The row is not valid. ", 200) + "THE END"
	l.follow("stores-eu", run("r1", "failed", step("fetch", "failed", entry("error", long))))
	for _, script := range []bool{true, false} {
		if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script}); err != nil {
			t.Fatal(err)
		}
		b.open(l.server.URL+"/jobs/stores-eu/runs/1", 1280, "light")
		const height = `document.querySelector(%q).getBoundingClientRect().height`
		for _, part := range []string{".verdict", "#story"} {
			folded := evaluate[float64](b, fmt.Sprintf(height, part+" .fold"))
			b.do(chromedp.Focus(part+" summary"), chromedp.KeyEvent(kb.Enter))
			if open := evaluate[float64](b, fmt.Sprintf(height, part+" .fold")); folded > 150 || open < 3*folded {
				t.Errorf("with script %v %s of %d letters is %.0f px high, and open %.0f", script, part, len(long), folded, open)
			}
		}
		if script {
			evaluate[chromedp.Void](b, `htmx.ajax("GET", location.href, { source: "#main", target: "#main", select: "#main", swap: "morph:outerHTML" })`)
			if open := evaluate[int](b, `document.querySelectorAll(".fold[open]").length`); open != 2 {
				t.Errorf("%d of 2 texts are open when the page was read again", open)
			}
		}
	}
}

// TestPrints: on paper the answers of a run are there, and what one would press is not.
func TestPrints(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	l := newLab(t)
	l.restless()
	b.open(l.server.URL+"/jobs/stores-eu/runs/2", 1280, "light")
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	for selector, want := range map[string]bool{
		"#answers tbody td:not(.pick)": true, "#log tbody td": true, ".plot": true,
		"#answers button": false, "#answers input": false, "#answers th.pick": false, ".moment input": false, ".filter": false, ".search": false,
	} {
		seen := evaluate[[]bool](b, fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.checkVisibility())`, selector))
		if len(seen) == 0 || slices.Contains(seen, !want) {
			t.Errorf("on paper %s is seen: %v, want %v", selector, seen, want)
		}
	}
}
