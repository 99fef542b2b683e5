package main

import (
	"tracker/deploy/grafana"
	"tracker/internal/dashboards"
)

// pixels is how wide a panel is: it has at most one point for each.
const pixels = 1000

// dashboards gives all that the dashboards and alert rules ask over a window,
// with everything chosen that can be, and of single jobs and runs the busiest.
func (s *subject) dashboards(w window) ([]task, error) {
	queries, err := dashboards.Load(grafana.FS)
	if err != nil {
		return nil, err
	}
	shown := dashboards.Window{From: w.from, To: w.to, Interval: w.to.Sub(w.from) / pixels}
	var tasks []task
	for _, q := range queries {
		shown := shown
		if q.Kind == dashboards.KindAlert {
			shown.From = shown.To.Add(-q.Lookback) // whatever a dashboard shows
		}
		values := map[string][]string{}
		for i := range q.Variables {
			values[q.Variables[i].Name] = s.choose(&q.Variables[i])
		}
		sql, err := q.Expand(shown, values)
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, task{w.name + ": " + q.Where, w.bar, s.ask(sql)})
	}
	return tasks, nil
}

// choose takes all of a variable, or what a dashboard opens with.
func (s *subject) choose(v *dashboards.Variable) []string {
	switch {
	case v.Name == "source":
		v.Options = s.sources
		return []string{dashboards.All}
	case v.Name == "job" && !v.IncludeAll:
		return s.jobs[:1]
	case v.Name == "run":
		return []string{s.run}
	case v.IncludeAll:
		return []string{dashboards.All}
	case len(v.Default) > 0:
		return v.Default
	default:
		return v.Options[:min(1, len(v.Options))]
	}
}
