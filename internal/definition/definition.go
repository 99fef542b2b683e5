package definition

import (
	"time"

	"tracker/internal/history"
)

// Definition is what one API's status endpoint is, as it was written down.
type Definition struct {
	Name    string // as names of sources and jobs
	Title   string
	Docs    string // address of the API's documents
	BaseURL string // empty: each source gives one
	Auth    Auth

	RateEvery time.Duration
	RateBurst int
	Schedule  string

	Tracks   string // one or latest
	Target   []Field
	Requests []Request // the first has the status

	Error         *expression // nil, and so may be others: there is none
	RunID         *expression
	Status        *expression
	StartedAt     *expression
	EndedAt       *expression
	ErrorSummary  *expression
	ResultCount   *expression
	ResultExpires *expression
	Steps         *expression
	Entries       *expression
	Items         *expression

	States     map[string]history.State // by the service's word
	StepStates map[string]history.State
	Levels     map[string]string
	Order      []string
	Times      times

	Volatile []string // paths, as jq writes them, that begin with a dot or with $ and a request's name
	Signed   []string

	Tests []Test

	Text string // the whole of it in its canonical form, as it is stored
}

// What a definition may track.
const (
	TracksOne    = "one"    // this import, finished once it has ended
	TracksLatest = "latest" // whatever import is the newest, for ever
)

// Auth is where the credential goes.
type Auth struct {
	Header string // name of the header
	Prefix string // before the secret in it
	Basic  bool   // the secret is user:password
	Query  string // name of the parameter, where there is no header
}

// Field is a field of a job's target.
type Field struct {
	Name    string
	Pattern string // that its value matches as a whole; empty: any
}

// Request is one of a poll.
type Request struct {
	Name     string // empty: the first
	path     pathTemplate
	tooLarge *pathTemplate // in its place where the answer is too large; nil: nothing
	query    []pair
	headers  []pair
	body     any // JSON with templates or expressions for strings; nil: a GET
	when     *expression
	pages    *pages
}

// pair is a name with a template or, where its text has \( ) in it, jq.
type pair struct {
	name  string
	value template
	jq    *expression // nil: value
}

// pages is how a request's next page is found.
type pages struct {
	next  *expression
	param string // of the query that takes the token; empty: next gives an address
	most  int
}

// several reports whether a poll asks more than once: then what is stored is an
// object of the answers by the names of their requests.
func (d *Definition) several() bool { return len(d.Requests) > 1 || d.Requests[0].pages != nil }

// Test is a payload with what is to be read from it.
type Test struct {
	Payloads map[string]string // files by the names of requests
	Want     map[string]any    // as JSON
	at       string            // where it stands, for errors
}
