package dashboards_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tracker/deploy/grafana"
	"tracker/internal/dashboards"
	"tracker/internal/history"
)

// board is what the checks of layout read of a dashboard.
type board struct {
	UID           string
	Title         string
	Description   string
	SchemaVersion int
	Tags          []string
	Panels        []boardPanel
	Templating    struct {
		List []struct {
			Name, Type  string
			Description string
			Refresh     int
			Query       any
		}
	}
	text string
}

// source is the type of the data source that a dashboard asks.
func (b board) source() string {
	if b.UID == "tracker-tracker" {
		return "prometheus"
	}
	return "grafana-postgresql-datasource"
}

type boardPanel struct {
	ID                       int
	Title, Description, Type string
	GridPos                  struct{ X, Y, W, H int }
	FieldConfig              struct {
		Defaults struct {
			Unit, NoValue, DisplayName string
			Links                      []struct{ URL string }
		}
		Overrides []override
	}
	Targets []struct {
		SQL  string `json:"rawSql"`
		Expr string // of Prometheus
	}
}

// override is what is set for some fields of a panel.
type override struct {
	Matcher struct {
		ID      string
		Options any
	}
	Properties []property
}

type property struct {
	ID    string
	Value any
}

// sql gives all that a panel asks.
func (p boardPanel) sql() string {
	var texts []string
	for _, target := range p.Targets {
		texts = append(texts, target.SQL)
	}
	return strings.Join(texts, "\n")
}

// boards reads the dashboards by the names of their files.
func boards(t *testing.T) map[string]board {
	t.Helper()
	paths, err := fs.Glob(grafana.FS, "dashboards/*")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]board{}
	for _, file := range paths {
		text, err := fs.ReadFile(grafana.FS, file)
		if err != nil {
			t.Fatal(err)
		}
		b := board{text: string(text)}
		if err := json.Unmarshal(text, &b); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[strings.TrimSuffix(path.Base(file), ".json")] = b
	}
	return all
}

func TestDashboardsAreNamedForTheirFiles(t *testing.T) {
	t.Parallel()
	for name, b := range boards(t) {
		if b.UID != "tracker-"+name || !strings.EqualFold(b.Title, name) || b.Description == "" {
			t.Errorf("%s: uid %s, title %s, description %q", name, b.UID, b.Title, b.Description)
		}
		if b.SchemaVersion != 42 || !slices.Contains(b.Tags, "tracker") {
			t.Errorf("%s: schema version %d, tags %q", name, b.SchemaVersion, b.Tags)
		}
		var compact, indented bytes.Buffer
		if err := json.Compact(&compact, []byte(b.text)); err != nil {
			t.Fatal(err)
		}
		if err := json.Indent(&indented, compact.Bytes(), "", "  "); err != nil {
			t.Fatal(err)
		}
		if indented.String()+"\n" != b.text {
			t.Errorf("%s is not indented by two blanks", name)
		}
	}
}

func TestPanelsAreWhole(t *testing.T) {
	t.Parallel()
	known := []string{"stat", "table", "timeseries", "state-timeline", "barchart", "bargauge"}
	for name, b := range boards(t) {
		for _, p := range b.Panels {
			if p.Title == "" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" || !slices.Contains(known, p.Type) {
				t.Errorf("%s, panel %d %q: description %q, unit %q, type %s", name, p.ID, p.Title, p.Description, p.FieldConfig.Defaults.Unit, p.Type)
			}
			if len(p.Targets) == 0 {
				t.Errorf("%s, %s asks nothing", name, p.Title)
			}
		}
	}
}

// Every panel, target, variable and annotation asks the data source that is chosen.
func TestTheDataSourceIsAVariable(t *testing.T) {
	t.Parallel()
	reference := regexp.MustCompile(`"datasource": \{\s+"type": "([^"]*)",\s+"uid": "([^"]*)"\s+\}`)
	queries, err := dashboards.Load(grafana.FS)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range boards(t) {
		asked := slices.DeleteFunc(slices.Clone(queries), func(q dashboards.Query) bool { return q.Dashboard != b.UID })
		chosen := 0
		for _, match := range reference.FindAllStringSubmatch(b.text, -1) {
			switch match[1] + " " + match[2] {
			case b.source() + " ${datasource}":
				chosen++
			case "grafana -- Grafana --": // built in
			default:
				t.Errorf("%s asks the data source %s of type %s", name, match[2], match[1])
			}
		}
		if chosen < len(asked)+len(b.Panels) || strings.Count(b.text, `"datasource": {`) != chosen+1 {
			t.Errorf("%s: %d queries and %d panels ask %d times", name, len(asked), len(b.Panels), chosen)
		}
	}
}

func TestPanelsLieBesideEachOther(t *testing.T) {
	t.Parallel()
	for name, b := range boards(t) {
		taken, ids := map[[2]int]string{}, map[int]bool{}
		for _, p := range b.Panels {
			at := p.GridPos
			if at.X < 0 || at.Y < 0 || at.W < 1 || at.H < 1 || at.X+at.W > 24 || ids[p.ID] {
				t.Errorf("%s, %s: number %d, place %+v", name, p.Title, p.ID, at)
			}
			ids[p.ID] = true
			for x := at.X; x < at.X+at.W; x++ {
				for y := at.Y; y < at.Y+at.H; y++ {
					if other := taken[[2]int{x, y}]; other != "" {
						t.Fatalf("%s: %s lies on %s", name, p.Title, other)
					}
					taken[[2]int{x, y}] = p.Title
				}
			}
		}
	}
}

func TestVariablesAreCurrent(t *testing.T) {
	t.Parallel()
	for name, b := range boards(t) {
		for i, v := range b.Templating.List {
			if v.Description == "" {
				t.Errorf("%s: variable %s has no description", name, v.Name)
			}
			if (i == 0) != (v.Name == "datasource" && v.Type == "datasource" && v.Query == b.source()) {
				t.Errorf("%s: variable %d is %s of type %s", name, i, v.Name, v.Type)
			}
			// The query is a text, which every release understands; an object is for some only.
			if _, text := v.Query.(string); v.Type == "query" && !text {
				t.Errorf("%s: variable %s is asked for by %v", name, v.Name, v.Query)
			}
			if asked := v.Type == "query" || v.Type == "datasource"; asked && v.Refresh != 2 {
				t.Errorf("%s: the options of %s are looked up on occasion %d, not with each time range", name, v.Name, v.Refresh)
			}
		}
	}
}

// A state has one colour wherever it is shown, and no other state has it.
func TestStatesHaveOneColourEach(t *testing.T) {
	t.Parallel()
	mapped := regexp.MustCompile(`"(\w+)": \{\s+"color": "([^"]+)",\s+"index"`)
	series := regexp.MustCompile(`"options": "(\w+)"\s+\},\s+"properties": \[\s+\{\s+"id": "color",\s+"value": \{\s+"mode": "fixed",\s+"fixedColor": "([^"]+)"`)
	states := []history.State{
		history.StateQueued, history.StateRunning, history.StateSucceeded, history.StatePartial, history.StateFailed, history.StateCanceled, history.StateUnknown,
	}
	colours, owners := map[string]string{}, map[string]string{}
	for name, b := range boards(t) {
		for _, match := range append(mapped.FindAllStringSubmatch(b.text, -1), series.FindAllStringSubmatch(b.text, -1)...) {
			state, colour := match[1], match[2]
			if !slices.Contains(states, history.State(state)) {
				continue
			}
			if known := colours[state]; known != "" && known != colour {
				t.Errorf("%s shows %s in %s, elsewhere it is %s", name, state, colour, known)
			}
			if other := owners[colour]; other != "" && other != state {
				t.Errorf("%s shows %s in the colour of %s", name, state, other)
			}
			colours[state], owners[colour] = colour, state
		}
	}
	if len(colours) != len(states) {
		t.Errorf("colours of %d states: %v", len(colours), colours)
	}
}

// What goes wrong in Grafana without an error of Postgres.
func TestSQLKeepsOutOfTraps(t *testing.T) {
	t.Parallel()
	queries, err := dashboards.Load(grafana.FS)
	if err != nil {
		t.Fatal(err)
	}
	nested := regexp.MustCompile(`\$__\w+\([^()]*\(`)
	for _, q := range queries {
		if nested.MatchString(q.SQL) {
			t.Errorf("%s: the arguments of a macro end at the first parenthesis", q.Where)
		}
		if strings.Contains(q.SQL, "$__timeGroup(") {
			t.Errorf("%s: $__timeGroupAlias names the column", q.Where)
		}
		if !strings.Contains(q.SQL, "report.") || strings.Contains(q.SQL, "public.") {
			t.Errorf("%s reads something else than reports", q.Where)
		}
		if q.Kind == dashboards.KindAlert && strings.Contains(q.SQL, `\$`) {
			t.Errorf("%s: the SQL of alert rules is taken as it stands", q.Where)
		}
		for _, v := range q.Variables {
			used, listed := strings.Count(q.SQL, "$"+v.Name), strings.Count(q.SQL, "IN ($"+v.Name+")")+strings.Count(q.SQL, "ARRAY[$"+v.Name+"]")
			if v.Multi && used != listed {
				t.Errorf("%s: %d of %d uses of $%s are lists", q.Where, listed, used, v.Name)
			}
		}
	}
}
