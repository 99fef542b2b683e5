package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"tracker/internal/ledger"
	"tracker/internal/store"
	"tracker/internal/words"
)

const (
	// journalMost is how long something may wait to be journaled: it takes a second.
	journalMost = time.Minute
	// sealMost is how long an entry may wait to be sealed, and a checkpoint to be
	// published: it takes 20 seconds.
	sealMost = 2 * time.Minute
)

// journal tells what waits to be journaled.
func (p *patient) journal(ctx context.Context) Check {
	const name = "journal"
	lag, err := p.Store.JournalLag(ctx)
	if err != nil {
		return unread(name, err)
	}
	size, err := p.Store.JournalSize(ctx)
	if err != nil {
		return unread(name, err)
	}
	entries, notes := humanize.Comma(size)+" entries", english.Plural(int(lag.Notes), "note waits", "notes wait")
	switch {
	case lag.Notes == 0:
		return check(name, "%s; nothing waits", entries)
	case lag.Since.IsZero():
		return check(name, "%s; %s", entries, notes)
	}
	waited := p.waited(lag.Since)
	c := check(name, "%s; %s, the oldest for %s", entries, notes, words.Age(waited))
	if waited <= journalMost {
		return c
	}
	return c.fail(p.served("see the daemon's log: it appends to the journal each second"))
}

// served is a remedy where a tracker serves; where none does, that is to be mended first.
func (p *patient) served(remedy string) string {
	if len(p.serving) == 0 {
		return "tracker serve"
	}
	return remedy
}

// log examines whether the journal is sealed, who signs, and whether checkpoints leave
// this machine.
func (p *patient) log(ctx context.Context) []Check {
	last, err := p.Store.LastCheckpoint(ctx)
	if err != nil {
		return []Check{unread("sealed", err)}
	}
	return []Check{p.sealed(ctx, last), p.signed(last), p.published(ctx, last)}
}

func (p *patient) sealed(ctx context.Context, last store.Checkpoint) Check {
	const name = "sealed"
	next, err := p.Store.JournalEntries(ctx, last.Size, 1)
	if err != nil {
		return unread(name, err)
	}
	sealed := humanize.Comma(last.Size) + " entries"
	if len(next) == 0 {
		return check(name, "all of them: %s", sealed)
	}
	waited := p.waited(next[0].At, last.SealedAt)
	c := check(name, "%s; the next have waited for %s", sealed, words.Age(waited))
	if waited <= sealMost {
		return c
	}
	return c.fail(p.served("see the daemon's log, or seal by hand:  tracker ledger seal --ledger-key REF"))
}

// waited is how long it is since the last of some times, and since the first of the
// trackers began to serve: what is older it finds, and works on.
func (p *patient) waited(since ...time.Time) time.Duration {
	if len(p.serving) > 0 {
		since = append(since, p.serving[0].StartedAt)
	}
	return max(p.server.Now.Sub(slices.MaxFunc(since, time.Time.Compare)), 0)
}

// signed tells by which key the newest checkpoint is signed.
func (p *patient) signed(last store.Checkpoint) Check {
	const name = "signed"
	const keygen = "tracker ledger keygen --name NAME -o FILE,  then give the daemon  --ledger-key file:FILE"
	switch {
	case p.KeyErr != nil:
		return check(name, "%v", p.KeyErr).fail("mend --ledger-key (TRACKER_LEDGER_KEY)")
	case last.Size == 0 && p.Key == nil:
		return check(name, "nothing is sealed yet, and no --ledger-key is given here").warn(keygen)
	case last.Size == 0:
		return check(name, "nothing is sealed yet; the key of %s is at hand", p.Key.Verifier.Name())
	case last.Verifier == "":
		return check(name, "the log bears no signature: who owns the database can write all of it anew").warn(keygen)
	case p.Key == nil:
		return check(name, "by %s, says the database; no --ledger-key is given here to check that", last.Origin)
	case p.Key.Verifier.String() != last.Verifier:
		return check(name, "by another key than the one given here: by %s", last.Verifier).fail("give the key that the log began with (--ledger-key): a log keeps its key")
	}
	if err := last.Verify(p.Key.Verifier); err != nil {
		return check(name, "the newest checkpoint: %v", err).fail("tracker verify")
	}
	return check(name, "by the key of %s", last.Origin)
}

// published tells whether published checkpoints keep up with the log.
func (p *patient) published(ctx context.Context, last store.Checkpoint) Check {
	const name = "published"
	switch {
	case p.Publish == "":
		return check(name, "no --publish-checkpoints is given here: who owns the database can cut off the newest entries").
			warn("give the daemon  --publish-checkpoints FILE|URL,  out of reach of the database's owner")
	case strings.Contains(p.Publish, "://"):
		return check(name, "posted to a URL; whether they arrive only its owner can tell, and the daemon's log")
	}
	mend := "see the daemon's log, or publish by hand:  tracker ledger seal --publish-checkpoints " + p.Publish
	text, err := os.ReadFile(p.Publish)
	if last.Size == 0 && errors.Is(err, os.ErrNotExist) {
		return check(name, "nothing is sealed yet, and nothing published to %s", p.Publish)
	}
	if err != nil {
		return check(name, "%v", err).fail("see that the daemon may write it, and this process read it")
	}
	all, err := ledger.ReadCheckpoints(string(text))
	if err != nil {
		return check(name, "%s: %v", p.Publish, err).fail("keep it, find out who has written to it, and publish to another file")
	}
	if len(all) == 0 {
		return p.behind(check(name, "%s has none", p.Publish), last, mend)
	}
	newest := all[len(all)-1]
	if newest.Size > last.Size {
		return check(name, "%s has a checkpoint of %s entries, and the log %s: its newest were cut off", p.Publish, humanize.Comma(newest.Size), humanize.Comma(last.Size)).
			fail("tracker verify --against " + p.Publish)
	}
	same, err := p.Store.Checkpoints(ctx, newest.Size-1, 1)
	switch {
	case err != nil:
		return unread(name, err)
	case len(same) == 0 || same[0].Tree != newest.Tree:
		return check(name, "%s has a checkpoint of %s entries that the log has not: it was written anew, or is another", p.Publish, humanize.Comma(newest.Size)).
			fail("tracker verify --against " + p.Publish)
	case newest.Size == last.Size:
		return check(name, "%s has the newest", p.Publish)
	default:
		return p.behind(check(name, "%s has %s of %s entries", p.Publish, humanize.Comma(newest.Size), humanize.Comma(last.Size)), last, mend)
	}
}

// behind fails where the newest checkpoint should have been published by now.
func (p *patient) behind(c Check, last store.Checkpoint, remedy string) Check {
	if last.Size == 0 || p.server.Now.Sub(last.SealedAt) <= sealMost {
		return c
	}
	c.What += fmt.Sprintf("; the newest was sealed %s ago", words.Age(p.server.Now.Sub(last.SealedAt)))
	return c.fail(remedy)
}
