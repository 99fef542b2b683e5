package config

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"tracker/internal/history"
	"tracker/internal/schedule"
	"tracker/internal/source"
	"tracker/internal/yamlfile"
)

// Defaults and bounds of rules.
const (
	defaultGroup = 30 * time.Second
	groupMost    = time.Hour
	repeatLeast  = time.Minute
)

// The forms in which a rule tells.
const (
	FormMessage     = "message"
	FormWebhook     = "webhook"
	FormOpenLineage = "openlineage"
)

// Rule says who is told of what.
type Rule struct {
	// Name identifies the rule: [a-z0-9][a-z0-9._-]{0,62}, unique.
	Name string

	// To says where the daemon finds the address, which is a secret: env:NAME or
	// file:PATH. Without it nothing is delivered, and failed after a day.
	To string

	// As is message (for people, by a shoutrrr URL), webhook (Standard Webhooks) or
	// openlineage (RunEvents).
	As string

	// Secret says where the daemon finds the secret that signs webhooks (whsec_…), or
	// the bearer token for openlineage. Without it webhooks are not signed.
	Secret string

	// On are the kinds of events that are told.
	On []string

	// Match narrows it to some sources and jobs.
	Match Match

	// Group is how long a message waits for more that it tells with it: 30 s by default,
	// up to an hour. Others tell each event by itself.
	Group time.Duration

	// Repeat is how often what goes on (failed, stalled, paused) is told again, until it
	// is over; zero: it is not. A minute at least.
	Repeat time.Duration

	// Quiet are hours such as 22:00-07:00 Europe/Paris, at whose end is told what came
	// in them; empty: there are none.
	Quiet string
}

// Match is what a rule tells of: all that is named has to hold.
type Match struct {
	Sources []string          // patterns of names, as shells have them; none: any
	Jobs    []string          // the same of jobs; what is told of a source counts for each of its jobs
	Labels  map[string]string // of the job; none: any
}

// WithDefaults returns the rule with what it leaves out filled in.
func (r Rule) WithDefaults() Rule {
	if r.As == "" {
		r.As = FormMessage
	}
	if r.Group == 0 {
		r.Group = defaultGroup
	}
	if r.As == FormOpenLineage && len(r.On) == 0 {
		r.On = []string{string(history.EventTransition)}
	}
	return r
}

func (r Rule) check() []*FieldError {
	var c checks
	c.add("name", CheckName("name", r.Name))
	c.add("to", checkReference("to", r.To))
	if r.Secret != "" {
		c.add("secret", checkReference("secret", r.Secret))
	}
	if !slices.Contains([]string{FormMessage, FormWebhook, FormOpenLineage}, r.As) {
		c.add("as", fmt.Errorf("as %s is unknown; write %s, %s or %s", yamlfile.Quote(r.As), FormMessage, FormWebhook, FormOpenLineage))
	}
	if r.As == FormMessage && r.Secret != "" {
		c.add("secret", errors.New("a message takes no secret: what its service needs stands in the address"))
	}
	if len(r.On) == 0 {
		c.add("on", errors.New("on is missing; name the events to tell, such as [failed, recovered]"))
	}
	for i, kind := range r.On {
		c.add(fmt.Sprintf("on[%d]", i), r.checkEvent(kind))
	}
	r.checkMatch(&c)
	if r.Group > groupMost {
		c.add("group", fmt.Errorf("group %s is too long: what happens is told within %s", FormatDuration(r.Group), FormatDuration(groupMost)))
	}
	if r.Repeat != 0 && r.Repeat < repeatLeast {
		c.add("repeat", fmt.Errorf("repeat %s is too short; write %s or more", r.Repeat, FormatDuration(repeatLeast)))
	}
	if _, err := schedule.ParseQuiet(r.Quiet); err != nil {
		c.add("quiet", fmt.Errorf("quiet hours: %w", err))
	}
	return c
}

func (r Rule) checkMatch(c *checks) {
	for field, patterns := range map[string][]string{"sources": r.Match.Sources, "jobs": r.Match.Jobs} {
		for i, pattern := range patterns {
			if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
				c.add(fmt.Sprintf("match.%s[%d]", field, i), fmt.Errorf("pattern %s cannot be read; write a name, with * for any letters", yamlfile.Quote(pattern)))
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Match.Labels)) {
		c.add("match.labels."+key, checkLabel(key, r.Match.Labels[key]))
	}
}

// checkReference refuses what is no reference. Its value may be the secret itself, and
// is not shown.
func checkReference(field, ref string) error {
	if ref == "" {
		return fmt.Errorf("%s is missing; write env:NAME or file:PATH, which holds it", field)
	}
	if err := source.CheckCredentialRef(ref); err != nil {
		return fmt.Errorf("%s: %w: what it names is a secret and does not stand here", field, err)
	}
	return nil
}

func (r Rule) checkEvent(kind string) error {
	var known []string
	for _, k := range history.EventKinds() {
		known = append(known, string(k))
	}
	if !slices.Contains(known, kind) {
		return fmt.Errorf("event %s is unknown; known are %s", yamlfile.Quote(kind), strings.Join(known, ", "))
	}
	if r.As == FormOpenLineage && !history.EventKind(kind).OfRun() {
		return fmt.Errorf("event %s is of no run: %s tells of runs alone", kind, FormOpenLineage)
	}
	return nil
}

func (r *reader) rule(s yamlfile.Section) Rule {
	match := yamlfile.Section{}
	if node, found := s.Values["match"]; found {
		match = r.Section(s.Path+".match", node, "sources", "jobs", "labels")
	}
	return Rule{
		Name:   r.Text(s, "name"),
		To:     r.Text(s, "to"),
		As:     r.Text(s, "as"),
		Secret: r.Text(s, "secret"),
		On:     r.Lines(s, "on"),
		Match:  Match{Sources: r.Lines(match, "sources"), Jobs: r.Lines(match, "jobs"), Labels: r.Texts(match, "labels")},
		Group:  r.Duration(s, "group"),
		Repeat: r.Duration(s, "repeat"),
		Quiet:  r.Text(s, "quiet"),
	}
}
