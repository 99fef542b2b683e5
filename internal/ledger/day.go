package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Poll is one attempt to look, as the digest of a day has it.
type Poll struct {
	PolledAt   time.Time
	Outcome    string
	SnapshotNo int // 0: none
	HTTPStatus int // 0: no answer
	Latency    time.Duration
}

// JobDay is the polls of one job on a day: a leaf of the day's tree, so that "we looked
// and nothing changed" can be proven for one job.
type JobDay struct {
	Job      string
	Day      time.Time
	Polls    int64
	outcomes map[string]int64
	digest   hash.Hash
	lines    []byte // that the digest lacks
}

// linesMost is how many bytes are digested at once.
const linesMost = 1024

// NewJobDay begins a job's day.
func NewJobDay(job string, day time.Time) *JobDay {
	return &JobDay{Job: job, Day: day, outcomes: map[string]int64{}, digest: sha256.New()}
}

// Add adds the next poll, in the order of time. The digest is the SHA-256 of lines of
// polled_at, outcome, snapshot_no, http_status and latency in microseconds, with a blank
// between them and 0 for what is absent.
func (d *JobDay) Add(p Poll) {
	d.Polls++
	d.outcomes[p.Outcome]++
	if len(d.lines) > linesMost {
		d.digestLines()
	}
	d.lines = appendTime(d.lines, p.PolledAt.UTC())
	d.lines = append(append(d.lines, ' '), p.Outcome...)
	for _, n := range [...]int64{int64(p.SnapshotNo), int64(p.HTTPStatus), p.Latency.Microseconds()} {
		d.lines = strconv.AppendInt(append(d.lines, ' '), n, 10)
	}
	d.lines = append(d.lines, '\n')
}

func (d *JobDay) digestLines() {
	d.digest.Write(d.lines)
	d.lines = d.lines[:0]
}

// Text implements Leaf, in the tree of the day.
func (d *JobDay) Text() []byte {
	var t text
	t.line("job", d.Job)
	t.line("day", d.Day.UTC().Format(time.DateOnly))
	t.number("polls", d.Polls)
	var counts bytes.Buffer
	for _, outcome := range slices.Sorted(maps.Keys(d.outcomes)) {
		if counts.Len() > 0 {
			counts.WriteByte(' ')
		}
		counts.WriteString(outcome + "=" + strconv.FormatInt(d.outcomes[outcome], 10))
	}
	t.line("outcomes", counts.String())
	d.digestLines()
	t.line("digest", hex.EncodeToString(d.digest.Sum(nil)))
	return t.Bytes()
}
