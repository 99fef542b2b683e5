package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"

	"tracker/internal/config"
	"tracker/internal/store"
	"tracker/internal/tracking"
	"tracker/internal/words"
)

// partitionsLeast is for how long ahead polls should have partitions: a daemon makes
// them for the next seven days.
const partitionsLeast = 24 * time.Hour

// entriesLeast is for how many entries ahead the journal should have a partition: who
// appends makes it for the next five million.
const entriesLeast = 1_000_000

func (p *patient) partitions(ctx context.Context) []Check {
	const name = "partitions"
	ahead, err := p.Store.Partitions(ctx)
	if err != nil {
		return []Check{unread(name, err)}
	}
	size, err := p.Store.JournalSize(ctx)
	if err != nil {
		return []Check{unread(name, err)}
	}
	var checks []Check
	if left := ahead.Polls.Sub(p.server.Now); left < partitionsLeast {
		checks = append(checks, check(name, "polls have partitions until %s: later ones go to the default partition, which retention takes row by row", words.Time(&ahead.Polls)).
			fail(p.served("tracker migrate up  makes them, as a daemon does each hour: see its log")))
	}
	if ahead.Journal-size < entriesLeast {
		checks = append(checks, check(name, "the journal has partitions up to entry %s, and has %s entries: it ends there", humanize.Comma(ahead.Journal), humanize.Comma(size)).
			fail(fmt.Sprintf("as the tables' owner:  SELECT journal_extend(%d);", size+5_000_000)))
	}
	if checks != nil {
		return checks
	}
	return []Check{check(name, "of polls until %s, of the journal up to entry %s", ahead.Polls.UTC().Format(time.DateOnly), humanize.Comma(ahead.Journal))}
}

// retention tells what is to be kept by the settings of this process, and what is older.
func (p *patient) retention(ctx context.Context) Check {
	const name = "retention"
	last, err := p.Store.LastRetained(ctx)
	if err != nil {
		return unread(name, err)
	}
	took := "it has taken nothing yet"
	if !last.IsZero() {
		took = fmt.Sprintf("it last took something %s", words.Clock{ReadAt: p.server.Now}.Ago(last))
	}
	settings := fmt.Sprintf("polls are kept %s, runs %s", keptFor(p.Keep.Polls), keptFor(p.Keep.History))
	c := check(name, "%s; %s", settings, took)
	due, err := tracking.RetainAnyDue(ctx, p.Store, p.server.Now, p.Keep)
	var request tracking.RequestError
	switch {
	case errors.Is(err, store.ErrNotRetainer) || store.IsDenied(err):
		return c
	case errors.Is(err, store.ErrRetentionRefused) || errors.As(err, &request):
		return check(name, "%s; %v", settings, err).fail("mend the clock, or the settings --retention-polls and --retention-history")
	case err != nil:
		return unread(name, err)
	case len(due) == 0:
		return c
	}
	c.What += fmt.Sprintf("; there are older %s", strings.Join(due, " and "))
	return c.warn(p.served("a daemon takes them each hour; see  tracker retain --dry-run,  and its log"))
}

func keptFor(d time.Duration) string {
	if d == 0 {
		return "for ever"
	}
	return "for " + config.FormatDays(d)
}

const (
	// diskFail is how many bytes may be left on a disk for the next hours.
	diskFail = 1 << 30
	// diskWarn, or a tenth of the disk, is what somebody should know of.
	diskWarn = 5 << 30
)

// disk tells what is free where the private server keeps its data.
func (p *patient) disk() Check {
	const name = "disk"
	if p.DataDir == "" {
		return check(name, "the database has %s; what is free there is for its host to tell", humanize.IBytes(uint64(p.server.Size)))
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(p.DataDir, &fs); err != nil {
		return unread(name, fmt.Errorf("%s: %w", p.DataDir, err))
	}
	return judgeDisk(p.DataDir, uint64(fs.Bavail)*uint64(fs.Bsize), uint64(fs.Blocks)*uint64(fs.Bsize)) //nolint:unconvert // of other types on other systems
}

func judgeDisk(dir string, free, all uint64) Check {
	c := check("disk", "%s of %s are free where %s is", humanize.IBytes(free), humanize.IBytes(all), dir)
	remedy := "make room, or keep less: --retention-polls, --retention-history; see  tracker retain --dry-run"
	switch {
	case free < diskFail:
		return c.fail(remedy)
	case free < diskWarn || free < all/10:
		return c.warn(remedy)
	default:
		return c
	}
}
