package dashboards_test

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tracker/deploy/grafana"
)

// own are the references that every dashboard can make.
var own = regexp.MustCompile(`^(datasource|__data\.fields\.\w+|__field\.labels\.\w+|__field\.name|__value\.time|__url_time_range)$`)

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := boards(t)
	byUID := map[string]board{}
	for _, b := range all {
		byUID[b.UID] = b
	}
	link := regexp.MustCompile(`"url": "(/[^"]+)"`)
	for name, b := range all {
		links := link.FindAllStringSubmatch(b.text, -1)
		if len(links) == 0 {
			t.Errorf("%s links to nothing", name)
		}
		for _, match := range links {
			checkLink(t, name, b, byUID, match[1])
		}
	}
}

func checkLink(t *testing.T, name string, from board, byUID map[string]board, link string) {
	t.Helper()
	place, query, _ := strings.Cut(strings.TrimPrefix(link, "/d/"), "?")
	to, ok := byUID[place]
	if !ok {
		t.Errorf("%s links to %s, which is not there", name, link)
		return
	}
	for part := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(part, "=")
		if variable, ok := strings.CutSuffix(strings.TrimPrefix(key, "${"), ":queryparam}"); ok {
			key, value = "var-"+variable, "${"+variable+"}"
		}
		if variable, ok := strings.CutPrefix(key, "var-"); ok && !to.has(variable) {
			t.Errorf("%s links to %s, which has no variable %s", name, link, variable)
		}
		for _, reference := range regexp.MustCompile(`\$\{([^:}]+)`).FindAllStringSubmatch(key+value, -1) {
			if !own.MatchString(reference[1]) && !from.has(reference[1]) {
				t.Errorf("%s links to %s, but has no %s", name, link, reference[1])
			}
		}
		if key == "viewPanel" && !to.shows(value) {
			t.Errorf("%s links to %s, which has no panel %s", name, link, value)
		}
		if known := []string{"from", "to", "viewPanel", "${__url_time_range}"}; !strings.HasPrefix(key, "var-") && !slices.Contains(known, key) {
			t.Errorf("%s links to %s: what is %s?", name, link, key)
		}
	}
}

func (b board) shows(panel string) bool {
	return slices.ContainsFunc(b.Panels, func(p boardPanel) bool { return strconv.Itoa(p.ID) == panel })
}

func (b board) has(variable string) bool {
	for _, v := range b.Templating.List {
		if v.Name == variable {
			return true
		}
	}
	return false
}

// A link to the run of some time says which, in the range that it opens with; any
// other says which run.
func TestLinksToARunSayWhich(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`"url": "/d/tracker-run\?([^"]+)"`)
	for name, b := range boards(t) {
		for _, match := range link.FindAllStringSubmatch(b.text, -1) {
			if strings.Contains(match[1], "viewPanel=") {
				continue // on the dashboard itself
			}
			if !strings.Contains(match[1], "&var-run=") && !strings.Contains(match[1], "&var-at=") {
				t.Errorf("%s: %s opens the newest run", name, match[1])
			}
			if !strings.Contains(match[1], "&from=${__data.fields.from_ms}&to=${__data.fields.to_ms}") && !strings.Contains(match[1], "${__url_time_range}") {
				t.Errorf("%s: %s sets no time range", name, match[1])
			}
		}
	}
}

// What a link takes of a row is shown as the row's other cells are: in seconds or
// as a date it is no number that another dashboard takes.
func TestLinksTakeWhatStands(t *testing.T) {
	t.Parallel()
	field := regexp.MustCompile(`__data\.fields\.(\w+)`)
	for name, b := range boards(t) {
		for _, p := range b.Panels {
			text, err := json.Marshal(p.FieldConfig)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range field.FindAllStringSubmatch(string(text), -1) {
				unit := p.FieldConfig.Defaults.Unit
				for _, o := range p.FieldConfig.Overrides {
					for _, set := range o.Properties {
						if o.Matcher.Options == match[1] && set.ID == "unit" {
							unit, _ = set.Value.(string)
						}
					}
				}
				if unit != "string" && unit != "none" && p.FieldConfig.Defaults.DisplayName == "" {
					t.Errorf("%s, %s: a link takes %s as %s", name, p.Title, match[1], unit)
				}
			}
		}
	}
}

func TestStatsLeadSomewhere(t *testing.T) {
	t.Parallel()
	for name, b := range boards(t) {
		for _, p := range b.Panels {
			if p.Type == "stat" && len(p.FieldConfig.Defaults.Links) == 0 {
				t.Errorf("%s, %s: nothing tells what the number is made of", name, p.Title)
			}
		}
	}
}

// What is stalled is told by one panel only; other lists have runs that are not.
func TestStalledLeadsToTheListOfStalledRuns(t *testing.T) {
	t.Parallel()
	b := boards(t)["imports"]
	at := slices.IndexFunc(b.Panels, func(p boardPanel) bool { return p.Title == "Stalled now" })
	list := slices.IndexFunc(b.Panels, func(p boardPanel) bool { return p.Title == "Running and stalled" })
	if at < 0 || list < 0 {
		t.Fatal("there are no such panels")
	}
	links := b.Panels[at].FieldConfig.Defaults.Links
	if want := "/d/" + b.UID + "?viewPanel=" + strconv.Itoa(b.Panels[list].ID) + "&"; len(links) != 1 || !strings.HasPrefix(links[0].URL, want) {
		t.Errorf("links %q, not to %s", links, want)
	}
}

// Nothing that Grafana is given leads to another host than its own.
func TestNoOtherHostIsNamed(t *testing.T) {
	t.Parallel()
	address := regexp.MustCompile(`[a-z]+://[^\s"]+`)
	err := fs.WalkDir(grafana.FS, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(grafana.FS, file)
		for _, found := range address.FindAllString(string(text), -1) {
			if parsed, err := url.Parse(found); err != nil || parsed.Hostname() != "" {
				t.Errorf("%s names %s", file, found)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
