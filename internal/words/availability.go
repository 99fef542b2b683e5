package words

import (
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

// Unserved tells that no tracker serves at a time, so that nobody polls. It is
// empty where one does.
func (c Clock) Unserved(now time.Time, served store.Served) string {
	switch {
	case served.At.IsZero():
		return "nobody looks: no tracker serves this database"
	case !served.Until.After(now):
		return fmt.Sprintf("nobody looks: no tracker has served this database since %s (%s)", c.Near(served.At), c.Ago(served.At))
	default:
		return ""
	}
}

// Availability tells whether a source may be polled. unserved is why nobody
// polls any source, empty where somebody does.
func (c Clock) Availability(from store.SourceRow, unserved string) terminal.Span {
	switch {
	case from.PausedAt != nil:
		return terminal.Styled(terminal.StyleYellow, "paused")
	case from.Unasked(c.ReadAt):
		return terminal.Styled(terminal.StyleYellow, "held")
	case unserved != "":
		return terminal.Styled(terminal.StyleYellow, "unserved")
	case from.Tight():
		return terminal.Styled(terminal.StyleYellow, "tight")
	default:
		return terminal.Plain("ok")
	}
}

// AvailabilityWhy tells since when and why a source is not polled, or how often its
// jobs can be where more is planned than its rate allows; it is empty of any other.
func (c Clock) AvailabilityWhy(from store.SourceRow, unserved string) string {
	switch {
	case from.PausedAt != nil:
		return fmt.Sprintf("since %s (%s): %s", c.Near(*from.PausedAt), c.Ago(*from.PausedAt), store.OrZero(from.PausedReason))
	case from.Unasked(c.ReadAt):
		return "until " + c.Near(*from.HeldUntil) + ": the service asked to be left alone"
	case unserved != "":
		return unserved
	case from.Tight():
		return Attainable(from)
	default:
		return ""
	}
}

// Attainable tells how often the jobs of a tight source can be polled.
func Attainable(from store.SourceRow) string {
	text := fmt.Sprintf("%s polls an hour are planned, the rate allows %s: ", humanize.Comma(int64(*from.PlannedPerHour)), humanize.Comma(int64(from.AttainablePerHour)))
	var each []string
	if every := from.AttainableEveryRunning; every != nil {
		each = append(each, "an import that runs is polled every "+Roughly(time.Duration(*every)))
	}
	if every := from.AttainableEvery; every != nil {
		each = append(each, "any other job every "+Roughly(time.Duration(*every)))
	}
	return text + strings.Join(each, ", ")
}

// Unasked tells why the jobs of a source that is paused or held are not polled,
// and the way out.
func (c Clock) Unasked(from store.SourceRow) []terminal.Span {
	way := "to go on"
	if from.PausedAt == nil {
		way = "to ask it at once"
	}
	return []terminal.Span{
		terminal.Plain("source " + from.Source + " is "), c.Availability(from, ""), terminal.Plain(" " + c.AvailabilityWhy(from, "") + "; " + way + ":  "),
		terminal.Plain("tracker source resume " + from.Source).Whole(),
	}
}

// Rate tells how often a source may be asked.
func Rate(from store.SourceRow) string {
	if from.RateBurst > 1 {
		return fmt.Sprintf("1 per %s, burst %d", time.Duration(from.RateEvery), from.RateBurst)
	}
	return fmt.Sprintf("1 per %s", time.Duration(from.RateEvery))
}
