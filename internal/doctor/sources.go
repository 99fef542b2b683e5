package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"tracker/internal/definition"
	"tracker/internal/history"
	"tracker/internal/source"
	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

const (
	// askedAtOnce is how many sources are asked at once.
	askedAtOnce = 16
	// turnMost bounds the wait for a slot of a source's budget.
	turnMost = 20 * time.Second
)

// sources examines each source that is not removed: may it be asked, is there a
// credential, is it accepted, does the service's clock agree, and do its jobs fit into
// its budget?
func (p *patient) sources(ctx context.Context) []Check {
	all, err := p.Store.Sources(ctx)
	if err != nil {
		return []Check{unread("sources", err)}
	}
	rows, err := p.Store.SourceRows(ctx)
	if err != nil {
		return []Check{unread("sources", err)}
	}
	byName := make(map[string]store.SourceRow, len(rows))
	for _, row := range rows {
		byName[row.Source] = row
	}
	var kept []store.Source
	for _, from := range all {
		if from.RemovedAt.IsZero() {
			kept = append(kept, from)
		}
	}
	if len(kept) == 0 {
		return []Check{check("sources", "none is registered").warn("tracker source add --help")}
	}
	found := make([][]Check, len(kept))
	var asking errgroup.Group
	asking.SetLimit(askedAtOnce)
	for i, from := range kept {
		asking.Go(func() error {
			found[i] = append(p.source(ctx, from, byName[from.Name]), budget(byName[from.Name])...)
			return nil
		})
	}
	_ = asking.Wait() // none of them fails
	var checks []Check
	for _, one := range found {
		checks = append(checks, one...)
	}
	return checks
}

// source examines whether a source can be asked.
func (p *patient) source(ctx context.Context, from store.Source, row store.SourceRow) []Check {
	name := "source " + from.Name
	clock := words.Clock{ReadAt: p.server.Now}
	resume := "tracker source resume " + from.Name
	if !from.PausedAt.IsZero() {
		c := check(name, "paused %s", clock.AvailabilityWhy(row, ""))
		refused, err := p.Store.CredentialRefused(ctx, from.Name)
		switch {
		case err != nil:
			return []Check{unread(name, err)}
		case refused:
			return []Check{c.fail("mend the credential " + from.Credential + ", then run  " + resume)}
		default:
			return []Check{c.warn("to go on:  " + resume)}
		}
	}
	credential, err := p.Credentials.Read(ctx, from.Credential)
	if err != nil {
		return []Check{check(name, "%v", err).fail("set it where the daemon runs, or run  tracker doctor  in the daemon's environment")}
	}
	if row.Unasked(p.server.Now) {
		return []Check{check(name, "held %s; it was not asked", clock.AvailabilityWhy(row, "")).warn("wait, or to ask it at once:  " + resume)}
	}
	read := check(name, "the credential %s can be read", from.Credential)
	if credential.Warning != "" {
		read = read.warn(credential.Warning)
	}
	if p.Client == nil {
		read.What += "; the service was not asked"
		return []Check{read}
	}
	checks := p.ask(ctx, name, from, credential)
	if read.State != OK {
		checks = append([]Check{read}, checks...)
	}
	return checks
}

// budget tells of a source at which more polls are planned than its rate allows.
func budget(row store.SourceRow) []Check {
	if !row.Tight() {
		return nil
	}
	return []Check{check("budget "+row.Source, "%s", words.Attainable(row)).
		warn("give its jobs a wider schedule, or the source a rate_limit that the service allows, and run  tracker apply")}
}

// answer is what a service has said to one request, and when by the database's clock.
type answer struct {
	source.Response
	sent, came time.Time
}

// ask asks a service once for the status of a job, as a poll does: within the source's
// budget, and no more often than it asks for. Only whether it answers is looked at, and
// what its clock says: nothing is recorded.
func (p *patient) ask(ctx context.Context, name string, from store.Source, credential source.Credential) []Check {
	job, target, err := p.Store.JobToAsk(ctx, from.Name)
	if errors.Is(err, store.ErrNotFound) {
		return []Check{check(name, "the credential %s can be read; no job is polled there, so the service was not asked", from.Credential)}
	}
	if err != nil {
		return []Check{unread(name, err)}
	}
	got, err := p.fetch(ctx, from, credential, target)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return []Check{check(name, "its budget has no room for a request within %s; it was not asked", words.Duration(turnMost)).warn("try again, or  tracker doctor --no-poll")}
	case err != nil:
		return []Check{unread(name, err)}
	}
	checks := []Check{p.judge(ctx, name, from, job, got)}
	if c, known := serviceClock("clock "+from.Name, got); known {
		checks = append(checks, c)
	}
	return checks
}

// fetch sends the request when the source's budget has a slot.
func (p *patient) fetch(ctx context.Context, from store.Source, credential source.Credential, target map[string]string) (got answer, err error) {
	provider, err := definition.Of(ctx, p.Store, from.Provider, from.Interpretation)
	if err == nil {
		err = errors.Join(source.CheckBaseURL(from.BaseURL), provider.CheckTarget(target)) // of rows that another version may have written
	}
	if err != nil {
		return got, err
	}
	read, err := p.Store.Now(ctx)
	if err != nil {
		return got, err
	}
	since := time.Now()
	now := func() time.Time { return read.Add(time.Since(since)) }
	turn := func(ctx context.Context) error {
		at, err := p.Store.TakeSlotBy(ctx, store.SlotParams{SourceID: from.ID, Now: now(), By: now().Add(turnMost)})
		if err != nil {
			return err
		}
		timer := time.NewTimer(at.Sub(now()))
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
			return nil
		}
	}
	if err := turn(ctx); err != nil {
		return got, err
	}
	account := source.NewAccount(provider, from.BaseURL, credential.Secret)
	got.sent = now()
	got.Response, err = p.Client.Fetch(ctx, account, provider.Endpoint(from.BaseURL, target), source.Pace{Now: now, Turn: turn})
	got.came = now()
	return got, err
}

// judge tells what an answer means. Where the service asks to be left alone, it is.
func (p *patient) judge(ctx context.Context, name string, from store.Source, job string, got answer) Check {
	var err error
	switch {
	case got.RetryAfter > 0:
		err = p.Store.HoldSource(ctx, from.ID, got.came, got.came.Add(got.RetryAfter))
	case got.Outcome == history.OutcomeRateLimited:
		err = p.Store.LimitSource(ctx, from.ID, got.came)
	}
	if err != nil {
		return unread(name, err)
	}
	said := terminal.OneLine(words.Failure(string(got.Outcome), got.Error))
	c := check(name, "asked for job %s: %s", job, said)
	switch got.Outcome {
	case "":
		return check(name, "accepts the credential %s: asked for job %s, it answered in %s", from.Credential, job, max(got.Latency.Round(time.Millisecond), time.Millisecond))
	case history.OutcomeUnauthorized, history.OutcomeForbidden:
		return c.fail(fmt.Sprintf("put a key that the service accepts where %s says", from.Credential))
	case history.OutcomeQuotaExhausted:
		return c.fail("have the account's quota raised at the service")
	case history.OutcomeNotFound:
		return c.warn(fmt.Sprintf("it answers, but knows no such target: see  tracker job show %s", job))
	case history.OutcomeRateLimited:
		return c.warn("the source is held for a while; give it a rate_limit that the service allows")
	default:
		return c.fail(fmt.Sprintf("see whether %s can be reached from here, and what the service says of itself", from.BaseURL))
	}
}

// serviceClock compares a service's clock with the database's; unknown: it tells no time.
// Its header is of some moment between sending and coming, to the second.
func serviceClock(name string, got answer) (c Check, known bool) {
	date := got.Date()
	if date.IsZero() {
		return Check{}, false
	}
	ahead, behind := date.Sub(got.came), got.sent.Sub(date.Add(time.Second))
	apart, which := max(ahead, behind, 0), "ahead of"
	if behind > ahead {
		which = "behind"
	}
	c = check(name, "the service's and the database's agree")
	if apart > clockSlack {
		c = check(name, "the service's is %s %s the database's", words.Duration(apart.Round(time.Second)), which)
	}
	const remedy = "see that the database's clock is right (NTP): by it all is recorded; else tell the service's owner"
	switch {
	case apart > clockMost:
		return c.fail(remedy), true
	case apart > clockSlack:
		return c.warn(remedy), true
	default:
		return c, true
	}
}
