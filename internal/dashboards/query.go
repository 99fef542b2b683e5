package dashboards

import (
	"fmt"
	"time"
)

// Kind tells what asks a query.
type Kind string

// The kinds of queries.
const (
	KindPanel      Kind = "panel"
	KindVariable   Kind = "variable"
	KindAnnotation Kind = "annotation"
	KindAlert      Kind = "alert"
)

// Query is one SQL text of a dashboard or an alert rule as its file has it.
type Query struct {
	File        string // path of the file
	Where       string // dashboard and panel with its letter, variable, annotation or alert rule, for people
	Dashboard   string // uid of the dashboard; empty for an alert rule
	Kind        Kind
	Format      string        // table or time_series
	Interval    time.Duration // the least that $__interval is in the panel
	Lookback    time.Duration // how long a window an alert rule looks at
	Decides     bool          // each of its rows is an alert of which its texts are the labels
	Fields      []string      // columns that a panel's links and overrides name
	SQL         string
	VariableFor string     // name of the variable whose options a query of KindVariable gives
	Variables   []Variable // all of its dashboard, in the order in which they depend on each other
}

// Window is what a dashboard shows, or an alert rule looks at: a time range, and
// the interval that $__interval stands for.
type Window struct {
	From, To time.Time
	Interval time.Duration
}

// Expand gives the SQL that Grafana sends: the browser puts in the values of
// variables, then the server expands macros. Values are by the name of their
// variable: one, or as many as are chosen, or All for what the variable takes
// All to be. Alert rules have no browser, so that a variable stays what it is.
func (q Query) Expand(w Window, values map[string][]string) (string, error) {
	sql := q.SQL
	w.Interval = max(w.Interval, q.Interval)
	var err error
	if q.Kind != KindAlert {
		if sql, err = interpolate(sql, q.Variables, w, values); err != nil {
			return "", fmt.Errorf("%s: %w", q.Where, err)
		}
	}
	if sql, err = expandMacros(sql, w); err != nil {
		return "", fmt.Errorf("%s: %w", q.Where, err)
	}
	return sql, nil
}
