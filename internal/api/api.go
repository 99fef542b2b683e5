package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tracker/internal/feed"
	"tracker/internal/store"
)

// Path is where the API is.
const Path = "/api/v1"

// Options are what an API works with.
type Options struct {
	Store   *store.Store
	Feed    *feed.Hub // of the journal, for the stream
	Logger  *slog.Logger
	Version string // of the program

	// Poll begins to poll a job now, and reports false where too many are polled so
	// already.
	Poll func(job store.Job) bool
}

// api is what every operation shares.
type api struct {
	Options
	huma.API
	pace pace
}

// pace is how long streams wait.
type pace struct {
	quiet time.Duration // they say nothing for so long: then that they hold
	write time.Duration // for a client to take what it is sent
}

// New gives the handler of all below Path.
func New(options Options) http.Handler {
	return newHandler(options, pace{quiet: quietMost, write: writeMost})
}

func newHandler(options Options, at pace) http.Handler {
	mux := http.NewServeMux()
	made := build(mux, options, at)
	mux.Handle("GET "+Path+"/docs", made.docsPage())
	mux.HandleFunc("GET "+Path+"/docs.css", showDocsStyle)
	mux.HandleFunc(Path+"/", func(w http.ResponseWriter, r *http.Request) { refuseUnknown(mux, w, r) })
	return bounded(mux)
}

// refuseUnknown answers what no operation does: of a path that there is, it tells the methods.
func refuseUnknown(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	_, here := mux.Handler(r)
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete} {
		if _, pattern := mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); pattern != here {
			methods = append(methods, method)
		}
	}
	if len(methods) == 0 {
		writeProblem(w, huma.Error404NotFound("there is no such path; "+Path+"/docs has those that there are"))
		return
	}
	allowed := strings.Join(methods, ", ")
	w.Header().Set("Allow", allowed)
	writeProblem(w, huma.NewError(http.StatusMethodNotAllowed, "of this path there is "+allowed+" alone; "+Path+"/docs has more"))
}

// answerMost bounds how long an answer may take.
const answerMost = 30 * time.Second

// bounded has an answer given up that takes too long, but for the stream of events.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == Path+streamPath {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), answerMost)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// build registers every operation.
func build(mux *http.ServeMux, options Options, at pace) *api {
	config := huma.DefaultConfig("Tracker", options.Version)
	config.Info.Description = about
	config.DocsPath, config.SchemasPath = "", ""
	config.CreateHooks = nil // no $schema among the columns
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: readJSON}
	config.Formats = map[string]huma.Format{"application/json": format, "json": format}
	config.RejectUnknownQueryParameters = true
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "A token of  tracker token add. On a loopback address nobody needs one."},
	}
	config.Security = []map[string][]string{{"bearer": {}}, {}}
	nameTypes(config.Components.Schemas)
	a := &api{Options: options, pace: at, API: humago.NewWithPrefix(mux, Path, config)}
	a.registerJobs()
	a.registerRuns()
	a.registerLooks()
	a.registerSnapshots()
	a.registerAll()
	a.registerReports()
	a.registerEvents()
	a.registerChanges()
	a.registerSync()
	describe(a.OpenAPI())
	return a
}

// about opens the documentation.
const about = "What became of data imports that other services run, and how closely that is known. " +
	"Rows are those of the report views, under the names of their columns; durations are in seconds, times in UTC. " +
	"A time in a request is RFC 3339, a date, or an age such as 2h or 3d. " +
	"Lists come in pages: next is the cursor of the page after this one, null on the last. " +
	"Errors are problem details (RFC 9457)."

// Tags are the parts of the documentation.
const (
	tagJobs    = "Jobs"
	tagRuns    = "Runs"
	tagAll     = "Over all jobs"
	tagReports = "Sources and reports"
	tagEvents  = "Events"
	tagChanges = "Changes"
)
