package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"tracker/internal/store"
	"tracker/internal/words"
)

func (p *patient) database() Check {
	return check("database", "PostgreSQL %s answers; %s has %s", p.server.Version, p.server.Database, humanize.IBytes(uint64(p.server.Size)))
}

func (p *patient) schema(ctx context.Context) Check {
	err := p.Store.CheckSchema(ctx)
	switch {
	case err == nil:
		return check("schema", "the newest")
	case errors.Is(err, store.ErrSchemaOld):
		return check("schema", "%v", err).fail("tracker migrate up")
	case errors.Is(err, store.ErrSchemaNew):
		return check("schema", "%v", err).fail("use a tracker of the version that migrated it, or a newer one")
	default:
		return unread("schema", err)
	}
}

// trackers tells who serves: nobody polls, journals or seals otherwise.
func (p *patient) trackers() Check {
	if len(p.serving) == 0 {
		return check("trackers", "none serves this database: nothing is polled on schedule, or sealed").fail("tracker serve")
	}
	var names []string
	seen := map[string]bool{}
	for _, one := range p.serving {
		if seen[one.Owner] { // it has begun twice
			continue
		}
		seen[one.Owner] = true
		names = append(names, fmt.Sprintf("%s (since %s)", one.Owner, words.Clock{ReadAt: p.server.Now}.Since(one.StartedAt)))
	}
	const most = 3
	if more := len(names) - most; more > 0 {
		names = append(names[:most], fmt.Sprintf("%d more", more))
	}
	return check("trackers", "serving: %s", strings.Join(names, ", "))
}

// rights tells what this login may do. The private server has one only.
func (p *patient) rights(ctx context.Context) Check {
	rights, err := p.Store.Rights(ctx)
	switch {
	case err != nil:
		return unread("login", err)
	case p.DataDir != "":
		return check("login", "the private server has no other than its owner")
	case rights.Owns:
		return check("login", "%s owns the tables: a process with it can alter what was recorded", rights.Login).
			warn(fmt.Sprintf("give the daemon a login with  GRANT tracker_writer TO …;  and keep %s for  tracker migrate", rights.Login))
	case rights.Registers:
		return check("login", "%s records, and decides what is tracked; it alters nothing that was recorded", rights.Login)
	case rights.Records:
		return check("login", "%s records; it alters nothing that was recorded, and does not decide what is tracked", rights.Login)
	default:
		return check("login", "%s only reads", rights.Login).warn(fmt.Sprintf("where a daemon is to use it:  GRANT tracker_writer TO %s;", rights.Login))
	}
}

// strangers are those who have rights on the schema that the migrations gave nobody.
func (p *patient) strangers(ctx context.Context) []Check {
	const name = "strangers"
	warnings, err := store.ForeignGrants(ctx, p.URL)
	if err != nil {
		return []Check{unread(name, err)}
	}
	if len(warnings) == 0 {
		return []Check{check(name, "nobody but the owner and the tracker's roles has rights on its tables")}
	}
	var checks []Check
	for _, warning := range warnings {
		what, statement, _ := strings.Cut(warning, ":  ")
		checks = append(checks, check(name, "%s", strings.TrimSuffix(what, "; unless that is meant")).warn("unless that is meant, as the owner:  "+statement))
	}
	return checks
}

const (
	// clockSlack is how far apart two clocks may be that nobody need set.
	clockSlack = 5 * time.Second
	// clockMost is how far the service's may be from the database's: 60 s ahead of it is
	// an anomaly (clock_skew).
	clockMost = time.Minute
	// machineMost is how far this machine's may be from it: retention takes nothing else.
	machineMost = 24 * time.Hour
)

// clock compares the database's clock, by which all is recorded, with that of this
// machine, which was read before and after it.
func (p *patient) clock(before, after time.Time) Check {
	const name = "clock"
	const remedy = "set the clock of this machine, or of the database's, by NTP"
	apart := max(before.Sub(p.server.Now), p.server.Now.Sub(after), 0)
	switch {
	case apart > machineMost:
		return check(name, "the database's says %s, this machine's %s: retention takes nothing", words.Time(&p.server.Now), words.Time(&after)).fail(remedy)
	case apart > clockSlack:
		return check(name, "the database's says %s, this machine's %s", words.Time(&p.server.Now), words.Time(&after)).warn(remedy)
	default:
		return check(name, "the database's and this machine's agree")
	}
}
