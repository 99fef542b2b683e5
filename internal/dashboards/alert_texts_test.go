package dashboards_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"text/template"

	"tracker/deploy/grafana"
)

// alertValue is what Grafana gives a template of a number: it prints as one.
type alertValue struct {
	Labels map[string]string
	Value  float64
}

func (v alertValue) String() string { return "12" }

// alertData is what Grafana expands the texts of an alert with.
type alertData struct {
	Labels map[string]string
	Values map[string]alertValue
	Value  any
}

// TestAlertTextsAreGuarded expands them as Grafana does: with all that the
// queries tell, and without, as where the database has not answered.
func TestAlertTextsAreGuarded(t *testing.T) {
	t.Parallel()
	var file ruleFile
	readYAML(t, grafana.FS, "provisioning/alerting/rules.yaml", &file)
	told := map[string]string{"job": "stores-eu", "source": "woosmap", "run": "12", "why": "row 9", "reason": "refused", "reasons": "not_running"}
	full := alertData{Labels: told, Values: map[string]alertValue{"B": {told, 12}, "E": {told, 1}}}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			for _, name := range slices.Sorted(maps.Keys(rule.Annotations)) {
				text := rule.Annotations[name]
				for state, data := range map[string]alertData{"all": full, "labels": {Labels: told}, "nothing": {}} {
					if got := expandAlert(t, text, data); strings.Contains(got, "<no value>") {
						t.Errorf("%s, %s: with %s it says %q", rule.Title, name, state, got)
					}
				}
				if got := expandAlert(t, text, full); strings.TrimSpace(got) == "" || strings.Contains(got, "{{") {
					t.Errorf("%s, %s says %q", rule.Title, name, got)
				}
			}
		}
	}
}

func expandAlert(t *testing.T, text string, data alertData) string {
	t.Helper()
	parsed, err := template.New("").Option("missingkey=invalid").Funcs(template.FuncMap{"humanizeDuration": func(float64) string { return "12s" }}).
		Parse("{{- $labels := .Labels -}}{{- $values := .Values -}}{{- $value := .Value -}}" + text)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := parsed.Execute(&b, data); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return b.String()
}
