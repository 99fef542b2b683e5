package timeline_test

import (
	"bytes"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tracker/internal/history"
	"tracker/internal/store"
	"tracker/internal/timeline"
	"tracker/internal/words"
)

var began = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }

// succeeded is a run that was seen from when it began, and its end between two looks.
func succeeded() timeline.RunParams {
	return timeline.RunParams{
		Run: store.RunRow{RunNo: 3, State: "succeeded", StartedAt: at(0), EndedAt: new(at(100)), LastChangedAt: at(100)},
		Transitions: []store.TransitionRow{
			{ToState: "running", ObservedAt: at(0), NotBefore: new(at(-10))}, {ToState: "succeeded", ObservedAt: at(100), NotBefore: new(at(90))},
		},
		Looks: []time.Time{at(0), at(0).Add(time.Millisecond), at(50), at(90), at(100)}, Clock: words.Clock{ReadAt: at(3600)},
	}
}

// TestNewRun_Bounds: what is certain is solid, and what lies between two looks fades.
func TestNewRun_Bounds(t *testing.T) {
	t.Parallel()
	lane := timeline.NewRun(succeeded()).Lanes[0]
	if lane.Before == nil || lane.After == nil {
		t.Fatalf("the bounds are not drawn: %+v", lane)
	}
	for what, want := range map[string]string{
		"began":  "run 3 began between Nov 28 11:59:50 and Nov 28 12:00:00",
		"ended":  "run 3 ended between Nov 28 12:01:30 and Nov 28 12:01:40",
		"lasted": "run 3: succeeded",
	} {
		if got := map[string]string{"began": lane.Before.Title, "ended": lane.After.Title, "lasted": lane.Sure.Title}[what]; got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	// 104 seconds are 100 %: 2 are room on each side.
	if lane.Sure.X != "1.92%" || lane.Sure.Width != "86.54%" || lane.After.X != "88.46%" || lane.After.Width != "9.62%" {
		t.Errorf("it stands at %+v, and then %+v", lane.Sure, lane.After)
	}
}

// TestNewRun_Unended: a run goes on until it was last seen, and fades until now.
func TestNewRun_Unended(t *testing.T) {
	t.Parallel()
	p := succeeded()
	p.Run.State, p.Run.EndedAt, p.Transitions = "running", nil, p.Transitions[:1]
	p.Seen, p.Until = at(40), at(60)
	lane := timeline.NewRun(p).Lanes[0]
	if lane.After == nil || lane.After.Title != "run 3 was last seen running at Nov 28 12:00:40" {
		t.Errorf("since it was last seen: %+v", lane.After)
	}
}

// TestSuperseded: a run whose end nobody saw goes on until it was last seen, and fades until
// another was there, in its picture and in that of all runs; unless it came back.
func TestSuperseded(t *testing.T) {
	t.Parallel()
	p := succeeded()
	p.Run.State, p.Run.EndedAt, p.Run.Superseded, p.Run.Left = "unknown", nil, true, history.Bounds{NotBefore: at(90), ObservedAt: at(100)}
	closing := store.TransitionRow{RunNo: 3, FromState: new("running"), ToState: "unknown", FromStatus: new("going"), ToStatus: "going", ObservedAt: at(100), NotBefore: new(at(90))}
	p.Transitions = []store.TransitionRow{{RunNo: 3, ToState: "running", ToStatus: "going", ObservedAt: at(0)}, closing}
	p.Seen, p.Until = at(500), at(600)
	all := timeline.RunsParams{From: at(0), To: at(600), Runs: []store.RunRow{p.Run}, Transitions: p.Transitions, Clock: p.Clock}
	for _, drawn := range []*timeline.Timeline{timeline.NewRun(p), timeline.NewRuns(all)} {
		if after := drawn.Lanes[0].After; after == nil || after.Title != "run 3 was superseded between Nov 28 12:01:30 and Nov 28 12:01:40" {
			t.Errorf("its end is drawn as %+v", after)
		}
	}
	p.Run.State, p.Run.Superseded = "running", false
	p.Transitions = append(p.Transitions, store.TransitionRow{RunNo: 3, FromState: new("unknown"), ToState: "running", FromStatus: new("going"), ToStatus: "going", ObservedAt: at(200), NotBefore: new(at(190))})
	if after := timeline.NewRun(p).Lanes[0].After; after == nil || after.Title != "run 3 was last seen running at Nov 28 12:08:20" {
		t.Errorf("when it has come back its end is drawn as %+v", after)
	}
}

// TestNewRun_FoundLate: a run that was found long after its end is not a dot in its picture.
func TestNewRun_FoundLate(t *testing.T) {
	t.Parallel()
	p := succeeded()
	p.Run.LastChangedAt, p.Transitions = at(1_000_000), nil
	if drawn := timeline.NewRun(p); drawn.To.After(at(200)) {
		t.Errorf("the picture goes on until %s", drawn.To)
	}
	p.Run.LastChangedAt = at(150)
	if drawn := timeline.NewRun(p); drawn.To.Before(at(150)) {
		t.Errorf("what came soon afterwards is cut off at %s", drawn.To)
	}
}

// TestNewRun_Places: looks that fall into one place are one dot, and all that a log says is
// drawn by no more marks than there are places.
func TestNewRun_Places(t *testing.T) {
	t.Parallel()
	p := succeeded()
	for i := range 5000 {
		p.Entries = append(p.Entries, store.LogEntryRow{Level: []string{"info", "error", "fatal"}[i%3], CreatedAt: new(at(0).Add(time.Duration(i) * 20 * time.Millisecond)), Detail: strconv.Itoa(i)})
	}
	drawn := timeline.NewRun(p)
	if n := strings.Count(drawn.Looks, "M"); n != 4 {
		t.Errorf("%d dots: %s", n, drawn.Looks)
	}
	var levels []string
	for _, ticks := range drawn.Log {
		if levels = append(levels, ticks.Level); strings.Count(ticks.Path, "M") > drawn.Places() {
			t.Errorf("%s has %d ticks", ticks.Level, strings.Count(ticks.Path, "M"))
		}
	}
	if !slices.Equal(levels, []string{"info", "error", "anomaly"}) || len(drawn.Marks) == 0 || len(drawn.Marks) > 200 {
		t.Errorf("levels %q with %d marks", levels, len(drawn.Marks))
	}
}

// TestNewRun_Axis: times stand at round ones of the reader's zone.
func TestNewRun_Axis(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Kathmandu") // 5:45 ahead
	if err != nil {
		t.Fatal(err)
	}
	p := succeeded()
	p.Run.EndedAt, p.Run.LastChangedAt, p.Clock.Zone = new(at(7200)), at(7200), zone
	var texts []string
	for _, tick := range timeline.NewRun(p).Axis {
		texts = append(texts, tick.Text)
	}
	if want := []string{"17:45", "18:00", "18:15", "18:30", "18:45", "19:00", "19:15", "19:30", "19:45"}; !slices.Equal(texts, want) {
		t.Errorf("the axis has %q, want %q", texts, want)
	}
}

// TestNewRun_AxisOfYears: of a run that the service dates long ago.
func TestNewRun_AxisOfYears(t *testing.T) {
	t.Parallel()
	p := succeeded()
	p.Run.StartedAt = at(0).AddDate(-30, 0, 0)
	axis := timeline.NewRun(p).Axis
	if n := len(axis); n < 4 || n > 9 || !strings.Contains(axis[0].Text, " 19") {
		t.Errorf("the axis has %d times, the first of them %q", n, axis[0].Text)
	}
}

// TestTemplate: what a service says stays text in the picture.
func TestTemplate(t *testing.T) {
	t.Parallel()
	p := succeeded()
	p.Steps = []store.StepRow{{StepNo: 1, Step: "</svg><script>", State: "failed", StartedAt: at(1), EndedAt: new(at(2))}}
	p.Gaps = []timeline.Gap{{From: at(20), To: at(30), Reason: "not_running"}}
	page := template.Must(template.New("").Parse(timeline.Template + `{{template "timeline-defs" .States}}{{template "timeline" .Drawn}}`))
	var text bytes.Buffer
	if err := page.Execute(&text, map[string]any{"States": history.States(), "Drawn": timeline.NewRun(p)}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`fill="url(#hatch)"`, "no tracker ran", `id="out-failed"`, "&lt;/svg&gt;&lt;script&gt;"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the picture lacks %s", want)
		}
	}
	if strings.Contains(text.String(), "<script>") {
		t.Error("the name of a step became markup")
	}
}
