package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tracker/internal/config"
)

const ruleText = `notify:
  - name: geo-failures
    to: env:GEO_SLACK
    as: webhook
    secret: file:/run/secrets/hook
    on: [failed, recovered]
    match: {sources: [woosmap-*], jobs: ["stores-*"], labels: {team: geo}}
    group: 1m
    repeat: 4h
    quiet: "22:00-07:00 Europe/Paris"
  - {name: lineage, to: "env:OL", as: openlineage}
`

func TestParseRules(t *testing.T) {
	t.Parallel()
	file, err := config.Parse("tracker.yaml", []byte(ruleText))
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Rule{{
		Name: "geo-failures", To: "env:GEO_SLACK", As: "webhook", Secret: "file:/run/secrets/hook", On: []string{"failed", "recovered"},
		Match: config.Match{Sources: []string{"woosmap-*"}, Jobs: []string{"stores-*"}, Labels: map[string]string{"team": "geo"}},
		Group: time.Minute, Repeat: 4 * time.Hour, Quiet: "22:00-07:00 Europe/Paris",
	}, {Name: "lineage", To: "env:OL", As: "openlineage", On: []string{"transition"}, Group: 30 * time.Second}}
	if diff := cmp.Diff(want, file.Rules); diff != "" || !file.Notifies {
		t.Error(diff)
	}
	var text strings.Builder
	if err := config.Write(&text, nil, file); err != nil {
		t.Fatal(err)
	}
	again, err := config.Parse("again", []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, again.Rules, cmp.Transformer("none", func(m config.Match) config.Match { // none is as good as nil
		if len(m.Labels) == 0 {
			m.Labels = nil
		}
		return m
	})); diff != "" {
		t.Errorf("%s\nin\n%s", diff, text.String())
	}
	if file, err := config.Parse("x", []byte("sources: []")); err != nil || file.Notifies {
		t.Errorf("a file without rules has some: %v", err)
	}
}

// TestRulesAreRefused: each with the line and the column, and no address.
func TestRulesAreRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ rules, want string }{
		"AnAddressThatIsNoReference": {"- {name: a, to: 'slack://tok-en@chan', on: [failed]}", "2:17: to: credential: want env:NAME or file:PATH: what it names is a secret and does not stand here"},
		"NoAddress":                  {"- {name: a, on: [failed]}", "2:3: to is missing; write env:NAME or file:PATH, which holds it"},
		"AnUnknownEvent":             {"- {name: a, to: env:A, on: [failed, exploded]}", `2:37: event "exploded" is unknown; known are failed, partial,`},
		"NoEvent":                    {"- {name: a, to: env:A}", "2:3: on is missing"},
		"QuietHoursThatNeverEnd":     {"- {name: a, to: env:A, on: [failed], quiet: '08:00-08:00'}", "2:45: quiet hours: they never end"},
		"TwoOfOneName":               {"- {name: a, to: env:A, on: [failed]}\n- {name: a, to: env:B, on: [failed]}", `3:10: rule "a" is declared already in line 2`},
		"APatternThatCannotBeRead":   {"- {name: a, to: env:A, on: [failed], match: {jobs: ['stores-[']}}", `2:53: pattern "stores-[" cannot be read`},
		"AnUnknownForm":              {"- {name: a, to: env:A, as: fax, on: [failed]}", `2:28: as "fax" is unknown`},
		"ASecretOfAMessage":          {"- {name: a, to: env:A, secret: env:B, on: [failed]}", "2:32: a message takes no secret"},
		"AGroupThatIsTooLong":        {"- {name: a, to: env:A, on: [failed], group: 2h}", "2:45: group 2h is too long"},
		"ARepeatThatIsTooShort":      {"- {name: a, to: env:A, on: [failed], repeat: 5s}", "2:46: repeat 5s is too short"},
		"AnUnknownKey":               {"- {name: a, to: env:A, on: [failed], template: x}", `2:38: key "template" is unknown`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("f", []byte("notify:\n"+test.rules))
			if err == nil || !strings.Contains(err.Error(), "f:"+test.want) {
				t.Errorf("it says %v, want %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "tok-en") {
				t.Errorf("it shows the address: %v", err)
			}
		})
	}
}
