package definition

import (
	"regexp"
	"slices"
	"strings"

	"tracker/internal/history"
)

// Where services have what a definition asks for, in the order in which they are
// believed: names in lower case without signs.
var (
	statusNames  = []string{"status", "state", "importstatus", "jobstatus", "jobstate", "runstatus", "phase", "stage", "lifecyclestate", "result"}
	idNames      = []string{"id", "runid", "jobid", "importid", "taskid", "batchid", "uid", "uuid", "guid", "key", "number"}
	startNames   = []string{"startedat", "starttime", "started", "startdate", "start", "begunat", "beganat", "createdat", "created", "createdtime", "creationtime", "enqueuedat", "submittedat", "opened", "openedat", "begun", "began"}
	endNames     = []string{"endedat", "finishedat", "completedat", "endtime", "finishtime", "completiontime", "ended", "finished", "enddate", "end", "completed", "stoppedat", "closed", "closedat"}
	errorNames   = []string{"errorsummary", "errormessage", "statusmessage", "failurereason", "error", "reason", "message"}
	countNames   = []string{"resultcount", "totalcount", "recordcount", "rowcount", "total", "count"}
	nameNames    = []string{"name", "step", "stage", "title", "label", "task", "displayname", "key", "id", "type"}
	atNames      = []string{"createdat", "timestamp", "time", "at", "date", "loggedat", "publishedat", "occurredat", "when", "ts"}
	levelNames   = []string{"level", "severity", "loglevel", "kind", "type"}
	detailNames  = []string{"detail", "message", "text", "msg", "description", "errormessage"}
	volatileName = regexp.MustCompile(`(?i)(^progress|percent|humanized|heartbeat|request_?id|trace_?id|etag|elapsed|updated_?at$|last_?updated$|now$|server_?time)`)
)

// usual are the words that services have for our states.
var usual = map[history.State][]string{
	history.StateQueued:    {"queued", "pending", "created", "scheduled", "waiting", "submitted", "enqueued", "new", "accepted", "not_started"},
	history.StateRunning:   {"running", "in_progress", "inprogress", "active", "processing", "started", "working", "executing", "importing"},
	history.StateSucceeded: {"succeeded", "success", "successful", "done", "completed", "complete", "finished", "ok", "passed"},
	history.StatePartial:   {"partial", "partially_succeeded", "completed_with_errors", "done_with_errors"},
	history.StateFailed:    {"failed", "failure", "error", "errored", "crashed", "timed_out", "expired"},
	history.StateCanceled:  {"canceled", "cancelled", "aborted", "stopped", "killed", "skipped"},
}

// camel is where a word of several begins its next one.
var camel = regexp.MustCompile(`([a-z0-9])([A-Z])`)

// stateOf tells what a word of the service most likely means: as a whole, or by the last
// one of those that it consists of.
func stateOf(word string) history.State {
	whole := strings.ToLower(strings.NewReplacer("-", "_", " ", "_").Replace(camel.ReplaceAllString(word, "${1}_${2}")))
	parts := strings.Split(whole, "_")
	for _, meant := range []string{whole, strings.ReplaceAll(whole, "_", ""), parts[len(parts)-1]} {
		for state, words := range usual {
			if slices.Contains(words, meant) && (meant == whole || !slices.Contains(parts, "not")) {
				return state
			}
		}
	}
	return history.StateRunning
}
