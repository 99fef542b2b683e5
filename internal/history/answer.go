package history

// Answer is what one body of a status endpoint says, in our words. A provider
// makes it; all text in it is valid UTF-8 without NUL.
type Answer struct {
	RunID  string
	Status string   // the upstream's word for the run
	State  State    // what the provider takes Status to mean
	Order  []string // the provider's non-terminal statuses in the order in which they follow each other

	// Steps are those the upstream reports, in its order. A provider without
	// steps sets StepsObserved: its runs' non-terminal statuses are their steps.
	Steps         []ReportedStep
	StepsObserved bool

	// Started and Ended are the run's own, where the upstream reports them for the
	// run; zero: those of its first and its last step stand for them.
	Started Time `json:",omitzero"`
	Ended   Time `json:",omitzero"`

	ErrorSummary *string
	Results      Results
	Shape        Shape // what the body has outside the provider's contract

	// Erased: the body is gone. Of the answer RunID, Status, State and StepsObserved are
	// left, and it tells nothing of the rest: what was known stays.
	Erased bool `json:",omitzero"`
}

// ReportedStep is a step as one answer lists it.
type ReportedStep struct {
	Name    string
	Status  string
	State   State
	Start   Time
	End     Time // zero while the step lasts
	Entries []ReportedEntry
}

// ReportedEntry is a log entry as one answer lists it. It has no id; within
// its step it is known by these three and by its occurrence among equal ones.
type ReportedEntry struct {
	Created Time
	Level   string
	Detail  string
}

// Results is what an answer says of the import's results.
type Results struct {
	Count   *int64 // how many there are, where the answer says so
	Expires Time   // when the link to them ends; zero where there is none
	Listed  bool   // the answer lists them: Items are all of them
	Items   []Item
}

// Item is one result of an import.
type Item struct {
	ID       string
	URL      string
	Labels   []string
	Output   []byte // JSON that a jsonb column takes
	Metadata []byte // likewise; nil where there is none
}

// Shape tells, for each kind of object that a body has ("" the root, "steps[]",
// "steps[].entries[]"), its keys outside the provider's contract, sorted. An
// object without such keys is listed too: it is known to have none.
type Shape map[string][]string
