package pages

import (
	"embed"
	"html/template"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/timeline"
	"tracker/internal/words"
)

//go:embed templates
var templateFiles embed.FS

// sharedTemplates are what all pages share.
const sharedTemplates = "templates/layout.html"

// pageTemplates are the templates of pages by name, each with what all pages share.
var pageTemplates = sync.OnceValue(func() map[string]*template.Template {
	shared := template.Must(template.New("").Funcs(pageFunctions()).Parse(timeline.Template))
	shared = template.Must(shared.ParseFS(templateFiles, sharedTemplates))
	entries, err := templateFiles.ReadDir("templates")
	if err != nil {
		panic(err) // it is embedded
	}
	all := map[string]*template.Template{}
	for _, entry := range entries {
		if name := entry.Name(); path.Join("templates", name) != sharedTemplates {
			all[strings.TrimSuffix(name, ".html")] = template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, path.Join("templates", name)))
		}
	}
	return all
})

// foldedFrom is how many bytes a text has that a page shows the beginning of, and whole
// to who opens it.
const foldedFrom = 400

func pageFunctions() template.FuncMap {
	return template.FuncMap{
		"asset":    assetAddress,
		"sign":     func(state string) string { sign, _ := words.StateMark(state); return sign },
		"states":   history.States,
		"count":    func(n any) string { return humanize.Comma(toInt64(n)) },
		"bytes":    func(n any) string { return humanize.IBytes(uint64(max(0, toInt64(n)))) },
		"took":     words.Bounds,
		"duration": words.Duration,
		"text":     terminal.Printable,
		"long":     func(spans []terminal.Span) bool { return len(terminal.Join(spans)) > foldedFrom },
		"line":     terminal.OneLine,
		"look":     lookClass,
		"level":    timeline.LevelClass,
		"style":    func(level string) string { return lookClass(words.LevelStyle(level)) },
		"anomaly":  func(a store.AnomalyRow) string { return terminal.OneLine(words.Anomaly(a)) },
		"outcome":  words.Outcome,
		"gap":      words.GapReason,
		"rfc3339":  func(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) },
		"utc":      func(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05.000 UTC") },
		"interval": func(d store.Interval) string { return words.Duration(time.Duration(d)) },
		"join":     strings.Join,
		"nav":      navigation,
		"web":      isWeb,
		"orZero":   store.OrZero[string],
		"toint":    func(n any) int { return int(toInt64(n)) },
		"when":     func(at time.Time, text string) moment { return moment{at, text} },
	}
}

// moment is a time with the text that shows it.
type moment struct {
	At   time.Time
	Text string
}

func toInt64(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int32:
		return int64(n)
	case int64:
		return n
	case *int64:
		if n != nil {
			return *n
		}
	}
	return 0
}

// lookClass is the class of a style of the terminal.
func lookClass(look terminal.Style) string {
	switch look {
	case terminal.StyleBold:
		return "strong"
	case terminal.StyleFaint:
		return "faint"
	case terminal.StyleRed:
		return "failed"
	case terminal.StyleGreen:
		return "succeeded"
	case terminal.StyleYellow:
		return "caution"
	case terminal.StyleBlue:
		return "running"
	case terminal.StyleMagenta:
		return "unknown"
	default:
		return ""
	}
}

// navigation are the pages that each page leads to.
func navigation() []link {
	return []link{{"Jobs", "/"}, {"Sources", "/sources"}, {"Reports", "/reports"}, {"Events", "/events"}, {"Told", "/notify"}, {"Audit", "/audit"}}
}

// isWeb reports an address that a page may lead to.
func isWeb(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && (parsed.Scheme == "http" || parsed.Scheme == "https") && parsed.Host != ""
}
