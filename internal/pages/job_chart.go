package pages

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/words"
)

const (
	chartHeight = 120
	chartRoom   = 16 // below, for signs
)

// runChart pictures runs as bars, one beside the other: as tall as they took long.
type runChart struct {
	Bars   []chartBar
	Height int
	Usual  string // how long half of those that succeeded took
	UsualY int
	Base   int
}

type chartBar struct {
	RunNo         int32
	State, Title  string
	X, Width, Mid string
	Y, Height     int
	Tall          bool // it is far longer than can be shown
	Sign          string
}

// tallest is how many times the usual time is shown in full.
const tallest = 4

func newRunChart(runs []store.RunRow, c words.Clock) runChart {
	chart := runChart{Height: chartHeight + chartRoom, Base: chartHeight}
	var took []time.Duration
	longest := time.Duration(0)
	for _, run := range runs {
		d := time.Duration(store.OrZero(run.Duration))
		longest = max(longest, d)
		if run.State == string(history.StateSucceeded) && d > 0 {
			took = append(took, d)
		}
	}
	slices.Sort(took)
	top := longest
	if len(took) > 0 {
		usual := took[len(took)/2]
		top = min(longest, tallest*usual)
		chart.Usual = "usually " + words.Roughly(usual)
		chart.UsualY = chartHeight - int(float64(chartHeight-6)*float64(usual)/float64(max(top, 1)))
	}
	slots := max(len(runs), 20)
	for i, run := range slices.Backward(runs) {
		at := slots - 1 - i
		bar := chartBar{
			RunNo: run.RunNo, State: run.State, Height: 4,
			X: fmt.Sprintf("%.2f%%", 100*(float64(at)+0.12)/float64(slots)), Width: fmt.Sprintf("%.2f%%", 76/float64(slots)), Mid: fmt.Sprintf("%.2f%%", 100*(float64(at)+0.5)/float64(slots)),
		}
		d := time.Duration(store.OrZero(run.Duration))
		if top > 0 {
			bar.Height = max(4, int(float64(chartHeight-6)*float64(min(d, top))/float64(top)))
		}
		bar.Tall = d > top
		bar.Y = chartHeight - bar.Height
		if run.State != string(history.StateSucceeded) {
			bar.Sign, _ = words.StateMark(run.State)
		}
		bar.Title = strings.TrimSuffix(fmt.Sprintf("run %d: %s, %s, %s", run.RunNo, run.State, c.At(run.StartedAt), words.Bounds(run.Duration, run.DurationMax)), ", ")
		chart.Bars = append(chart.Bars, bar)
	}
	return chart
}

// lookStrip pictures what came of the polls of the last day, with gaps.
type lookStrip struct {
	Parts           []lookPart
	Gaps            []lookPart
	Counts          []lookTotal
	From, To, Title string
}

type lookPart struct{ X, Width, Class, Title string }

type lookTotal struct {
	Outcome string
	Polls   int
}

// lookStrip reads what came of a job's polls lately.
func (p *Pages) lookStrip(ctx context.Context, job store.Job, c words.Clock) (lookStrip, error) {
	width := looksSpan / looksParts
	until := c.ReadAt
	since := until.Add(-looksSpan)
	counts, err := p.store.LookCounts(ctx, job.ID, since, until, width)
	if err != nil {
		return lookStrip{}, err
	}
	gaps, err := p.store.Gaps(ctx, job.Name, since)
	if err != nil {
		return lookStrip{}, err
	}
	strip := lookStrip{From: c.At(since), To: c.At(until), Counts: totals(counts)}
	part := func(from, to time.Time) (x, wide string) {
		begin := max(0, float64(from.Sub(since))/float64(looksSpan))
		end := min(1, float64(to.Sub(since))/float64(looksSpan))
		return fmt.Sprintf("%.2f%%", 100*begin), fmt.Sprintf("%.2f%%", 100*max(0.002, end-begin))
	}
	for i := 0; i < len(counts); {
		at := counts[i].From
		class, texts := "succeeded", []string(nil)
		for ; i < len(counts) && counts[i].From.Equal(at); i++ {
			if !history.Outcome(counts[i].Outcome).Answered() {
				class = "caution"
			}
			texts = append(texts, fmt.Sprintf("%d %s", counts[i].Polls, counts[i].Outcome))
		}
		x, wide := part(at, at.Add(width))
		strip.Parts = append(strip.Parts, lookPart{x, wide, class, c.At(at) + ": " + strings.Join(texts, ", ")})
	}
	for _, gap := range gaps {
		to := until
		if gap.GapTo != nil {
			to = *gap.GapTo
		}
		x, wide := part(gap.GapFrom, to)
		strip.Gaps = append(strip.Gaps, lookPart{X: x, Width: wide, Title: fmt.Sprintf("nobody could look, %s to %s: %s", c.At(gap.GapFrom), c.At(to), words.GapReason(gap.Reason))})
	}
	return strip, nil
}

// totals sums counts by outcome, the most frequent first.
func totals(counts []store.LookCount) []lookTotal {
	sums := map[string]int{}
	for _, count := range counts {
		sums[count.Outcome] += count.Polls
	}
	var all []lookTotal
	for outcome, polls := range sums {
		all = append(all, lookTotal{outcome, polls})
	}
	slices.SortFunc(all, func(a, b lookTotal) int {
		if a.Polls != b.Polls {
			return b.Polls - a.Polls
		}
		return strings.Compare(a.Outcome, b.Outcome)
	})
	return all
}
