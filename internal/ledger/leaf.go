package ledger

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 of a leaf, or of two hashes of the tree.
type Hash = tlog.Hash

// timeLayout is RFC 3339 in UTC with the microseconds that Postgres keeps.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// Leaf is an entry of the journal as the tree holds it.
type Leaf interface {
	// Text is the leaf: lines of a name, a blank and a value, the first of them "entry N".
	// Names and hashes stand as they are, times in RFC 3339 (UTC, microseconds), texts of
	// others as JSON strings and objects (keys sorted, no blanks), what is absent as "-".
	Text() []byte
}

// HashOf is the hash of a leaf: SHA-256 of a zero byte and its text.
func HashOf(l Leaf) Hash { return tlog.RecordHash(l.Text()) }

// Snapshot is an answer that differed from the one before.
type Snapshot struct {
	EntryNo        int64
	Job, Source    string
	Target         map[string]string
	No             int
	PolledAt       time.Time
	ObservedAt     time.Time
	NotBefore      time.Time // zero: the job's first
	PreviousPolls  int       // that saw the snapshot before
	RunNo          int
	Status, State  string
	Interpretation int
	SHA256         [32]byte // of the body, as stored
}

// Text implements Leaf.
func (s Snapshot) Text() []byte {
	var t text
	t.begin(s.EntryNo, "snapshot")
	t.line("job", s.Job)
	t.line("source", s.Source)
	t.texts("target", s.Target)
	t.number("snapshot", int64(s.No))
	t.time("polled_at", s.PolledAt)
	t.time("observed_at", s.ObservedAt)
	t.time("not_before", s.NotBefore)
	t.number("previous_polls", int64(s.PreviousPolls))
	t.number("run", int64(s.RunNo))
	t.quoted("status", s.Status)
	t.line("state", s.State)
	t.number("interpretation", int64(s.Interpretation))
	t.line("sha256", hex.EncodeToString(s.SHA256[:]))
	return t.Bytes()
}

// Gap is a stretch in which nobody looked, or looking failed.
type Gap struct {
	EntryNo  int64
	Job      string
	No       int
	From, To time.Time
	Reason   string
}

// Text implements Leaf.
func (g Gap) Text() []byte {
	var t text
	t.begin(g.EntryNo, "gap")
	t.line("job", g.Job)
	t.number("gap", int64(g.No))
	t.time("from", g.From)
	t.time("to", g.To)
	t.line("reason", g.Reason)
	return t.Bytes()
}

// Change is a change of what is tracked.
type Change struct {
	EntryNo         int64
	No              int64
	At              time.Time
	Actor           string
	Action, Subject string
	Before, After   json.RawMessage // objects; nil: there was, or is, nothing
}

// Text implements Leaf.
func (c Change) Text() []byte {
	var t text
	t.begin(c.EntryNo, "change")
	t.number("change", c.No)
	t.time("at", c.At)
	t.json("actor", c.Actor)
	t.line("action", c.Action)
	t.line("subject", c.Subject)
	t.object("before", c.Before)
	t.object("after", c.After)
	return t.Bytes()
}

// Act is what was done to the history itself: retention took something, somebody erased
// something, or a rebuild changed rows.
type Act struct {
	EntryNo int64
	No      int64
	At      time.Time
	Actor   string
	Kind    string // retention, erasure or rebuild
	What    string // polls, runs, bodies or rows
	Job     string // empty: of all jobs

	RunNo, SnapshotNo int // of an erasure; 0: it is none, or of all of the run

	From, To time.Time
	Rows     int64
	KeptFor  time.Duration // of retention
	Reason   string        // of an erasure

	Interpretation int // of an erasure or a rebuild: by which the job's rows were derived again
}

// Text implements Leaf.
func (a Act) Text() []byte {
	var t text
	t.begin(a.EntryNo, "act")
	t.number("act", a.No)
	t.time("at", a.At)
	t.json("actor", a.Actor)
	t.line("what", a.Kind+" of "+a.What)
	t.line("job", a.Job)
	t.numberOrNone("run", int64(a.RunNo))
	t.numberOrNone("snapshot", int64(a.SnapshotNo))
	t.time("from", a.From)
	t.time("to", a.To)
	t.number("rows", a.Rows)
	t.numberOrNone("kept_for_seconds", int64(a.KeptFor/time.Second))
	if a.Reason == "" {
		t.line("reason", "")
	} else {
		t.json("reason", a.Reason)
	}
	t.numberOrNone("interpretation", int64(a.Interpretation))
	return t.Bytes()
}

// Day is the polls of a day of UTC: the root of a tree that has one leaf for each job
// that was polled, in the order of their numbers.
type Day struct {
	EntryNo int64
	Day     time.Time // its beginning
	Jobs    int64
	Polls   int64
	Root    Hash // of no leaves: zero
}

// Text implements Leaf.
func (d Day) Text() []byte {
	var t text
	t.begin(d.EntryNo, "polls")
	t.line("day", d.Day.UTC().Format(time.DateOnly))
	t.number("jobs", d.Jobs)
	t.number("polls", d.Polls)
	t.line("root", hex.EncodeToString(d.Root[:]))
	return t.Bytes()
}

// text writes the lines of a leaf.
type text struct{ bytes.Buffer }

func (t *text) begin(entryNo int64, kind string) {
	t.number("entry", entryNo)
	t.line("kind", kind)
}

func (t *text) line(name, value string) {
	t.WriteString(name)
	t.WriteByte(' ')
	if value == "" {
		value = "-"
	}
	t.WriteString(value)
	t.WriteByte('\n')
}

func (t *text) number(name string, n int64) { t.line(name, strconv.FormatInt(n, 10)) }

// numberOrNone writes a number that is absent where it is 0.
func (t *text) numberOrNone(name string, n int64) {
	if n == 0 {
		t.line(name, "")
		return
	}
	t.number(name, n)
}

func (t *text) time(name string, at time.Time) {
	if at.IsZero() {
		t.line(name, "")
		return
	}
	t.WriteString(name)
	t.WriteByte(' ')
	t.Write(appendTime(t.AvailableBuffer(), at.UTC()))
	t.WriteByte('\n')
}

// appendTime is a time in UTC by timeLayout, in a fraction of the time that Format takes.
func appendTime(b []byte, at time.Time) []byte {
	year, month, day := at.Date()
	if year < 1000 || year > 9999 {
		return at.AppendFormat(b, timeLayout)
	}
	hour, minute, second := at.Clock()
	us := at.Nanosecond() / 1000
	two := func(n int) (byte, byte) { return byte('0' + n/10), byte('0' + n%10) }
	b = strconv.AppendInt(b, int64(year), 10)
	for i, n := range [...]int{int(month), day, hour, minute, second} {
		tens, ones := two(n)
		b = append(b, "--T::"[i], tens, ones)
	}
	b = append(b, '.')
	for unit := 100_000; unit > 0; unit /= 10 {
		b = append(b, byte('0'+us/unit%10))
	}
	return append(b, 'Z')
}

// quoted writes a string as JSON. Most need no escapes: the encoder takes longer.
func (t *text) quoted(name, value string) {
	if !isPlain(value) {
		t.json(name, value)
		return
	}
	t.line(name, `"`+value+`"`)
}

// texts writes an object of strings, keys sorted.
func (t *text) texts(name string, values map[string]string) {
	var b bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !isPlain(key) || !isPlain(values[key]) {
			t.json(name, values)
			return
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + key + `":"` + values[key] + `"`)
	}
	if values == nil {
		t.json(name, values)
		return
	}
	t.line(name, "{"+b.String()+"}")
}

// isPlain reports a text that JSON has as it is, between quotes.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// json writes a value of strings. The encoder ends it with a line break.
func (t *text) json(name string, value any) {
	t.WriteString(name)
	t.WriteByte(' ')
	e := json.NewEncoder(t)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil { // strings and maps of them: it cannot be
		panic("ledger: " + err.Error())
	}
}

// object writes a JSON text with its keys sorted and without blanks, whatever order the
// database gives them in. What is no JSON stands as a string.
func (t *text) object(name string, raw json.RawMessage) {
	if len(raw) == 0 {
		t.line(name, "")
		return
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		value = string(raw)
	}
	t.json(name, value)
}

// Missing stands for what was gone before it was sealed, which nobody but the owner of the
// tables can bring about.
type Missing struct {
	EntryNo int64
	Kind    string
	Job     string // empty: of none
	No      int64
}

// Text implements Leaf.
func (m Missing) Text() []byte {
	var t text
	t.begin(m.EntryNo, m.Kind)
	t.line("job", m.Job)
	t.number("missing", m.No)
	return t.Bytes()
}
