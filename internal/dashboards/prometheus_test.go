package dashboards_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// alertRules is a file of Prometheus' rules, as far as it is checked.
type alertRules struct {
	Groups []alertGroup `yaml:"groups"`
}

type alertGroup struct {
	Name  string      `yaml:"name"`
	Rules []alertRule `yaml:"rules"`
}

type alertRule struct {
	Alert       string            `yaml:"alert,omitempty"`
	Record      string            `yaml:"record,omitempty"`
	Expr        string            `yaml:"expr"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

var prometheusDir = filepath.Join("..", "..", "deploy", "prometheus")

// alertsOf reads the rules that Prometheus is given.
func alertsOf(t *testing.T) []alertRule {
	t.Helper()
	var file alertRules
	readYAML(t, os.DirFS(prometheusDir), "tracker.rules.yml", &file)
	return file.Groups[0].Rules
}

// expressions gives what the dashboards ask Prometheus, as it could be asked.
func expressions(t *testing.T) (asked []alertRule) {
	t.Helper()
	variables := strings.NewReplacer("$__rate_interval", "5m", "$__range", "1h")
	for name, b := range boards(t) {
		for _, panel := range b.Panels {
			for i, target := range panel.Targets {
				if (target.Expr != "") != (b.source() == "prometheus") || (target.Expr != "") == (target.SQL != "") {
					t.Errorf("%s, %s asks for %q and %q", name, panel.Title, target.Expr, target.SQL)
				}
				if target.Expr != "" {
					asked = append(asked, alertRule{Record: fmt.Sprintf("panel_%d_%d", panel.ID, i), Expr: variables.Replace(target.Expr)})
				}
			}
		}
	}
	return asked
}

// TestPrometheusIsAskedForWhatThereIs holds the names of metrics, in alerts and on
// dashboards, against the table of docs/operations.md, and that against the alerts.
func TestPrometheusIsAskedForWhatThereIs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := func(pattern string, text string) (names []string) {
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			names = append(names, match[1])
		}
		return slices.Compact(slices.Sorted(slices.Values(names)))
	}
	known := named("(?m)^\\| `(tracker_\\w+)` \\|", string(text))
	rules, used := alertsOf(t), []string{}
	for _, rule := range append(expressions(t), rules...) {
		for _, name := range named(`\b(tracker_\w+)`, rule.Expr) {
			used = append(used, regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, ""))
			if !slices.Contains(known, used[len(used)-1]) {
				t.Errorf("%s asks for %s", cmp.Or(rule.Alert, rule.Record), name)
			}
		}
	}
	for _, name := range known {
		if !slices.Contains(used, name) {
			t.Errorf("nothing shows %s", name)
		}
	}
	var alerts []string
	for _, rule := range rules {
		alerts = append(alerts, rule.Alert)
		if rule.Labels["severity"] == "" || rule.Annotations["summary"] == "" || rule.Annotations["description"] == "" {
			t.Errorf("%s is not whole: %+v", rule.Alert, rule)
		}
	}
	if told := named("(?m)^\\| `(Tracker\\w+)` \\|", string(text)); !slices.Equal(told, slices.Sorted(slices.Values(alerts))) {
		t.Errorf("docs/operations.md tells of the alerts %q, there are %q", told, alerts)
	}
}

// TestPromtoolAgrees has Prometheus' own tool check its files, run their tests, and
// read what the dashboards ask.
func TestPromtoolAgrees(t *testing.T) {
	t.Parallel()
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not installed: run scripts/setup promtool")
	}
	text, err := yaml.Marshal(alertRules{Groups: []alertGroup{{Name: "dashboards", Rules: expressions(t)}}})
	if err != nil {
		t.Fatal(err)
	}
	asked := filepath.Join(t.TempDir(), "dashboards.yml")
	if err := os.WriteFile(asked, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"check", "config", filepath.Join(prometheusDir, "prometheus.yml")},
		{"test", "rules", filepath.Join(prometheusDir, "tracker.rules.test.yml")},
		{"check", "rules", asked},
	} {
		if said, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, said)
		}
	}
}

// TestComposeRunsPrometheusOnlyWhenAsked is about a service that a try does without.
func TestComposeRunsPrometheusOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	var compose struct {
		Services map[string]struct {
			Image, Restart string
			Profiles       []string
			Environment    map[string]string
			Volumes        []any
		}
	}
	readYAML(t, os.DirFS(filepath.Join("..", "..")), "docker-compose.yml", &compose)
	service := compose.Services["prometheus"]
	if !regexp.MustCompile(`^prom/prometheus:v\d+\.\d+\.\d+$`).MatchString(service.Image) || !slices.Equal(service.Profiles, []string{"metrics"}) {
		t.Errorf("image %q, profiles %q", service.Image, service.Profiles)
	}
	if !slices.Contains(service.Volumes, any("./deploy/prometheus:/etc/prometheus:ro")) {
		t.Errorf("it is given %v", service.Volumes)
	}
	if url := compose.Services["grafana"].Environment["TRACKER_PROMETHEUS_URL"]; !strings.Contains(url, "http://prometheus:9090") {
		t.Errorf("Grafana asks %q", url)
	}
}
