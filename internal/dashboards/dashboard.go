package dashboards

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// dashboard is what bears on queries in a dashboard's JSON.
type dashboard struct {
	UID         string  `json:"uid"`
	Title       string  `json:"title"`
	Panels      []panel `json:"panels"`
	Annotations struct {
		List []struct {
			Name   string `json:"name"`
			Target target `json:"target"`
		} `json:"list"`
	} `json:"annotations"`
	Templating struct {
		List []variable `json:"list"`
	} `json:"templating"`
}

type panel struct {
	Title    string   `json:"title"`
	Interval string   `json:"interval"`
	Panels   []panel  `json:"panels"` // of a row that is folded
	Targets  []target `json:"targets"`
	Config   struct {
		Defaults  json.RawMessage `json:"defaults"`
		Overrides []struct {
			Matcher struct {
				ID      string `json:"id"`
				Options any    `json:"options"`
			} `json:"matcher"`
			Properties json.RawMessage `json:"properties"`
		} `json:"overrides"`
	} `json:"fieldConfig"`
}

type target struct {
	RefID  string `json:"refId"`
	Format string `json:"format"`
	SQL    string `json:"rawSql"`
}

type variable struct {
	Name       string          `json:"name"`
	Type       string          `json:"type"`
	Multi      bool            `json:"multi"`
	IncludeAll bool            `json:"includeAll"`
	AllValue   string          `json:"allValue"`
	Query      json.RawMessage `json:"query"` // a text, or an object with one
	Current    struct {
		Value any `json:"value"` // a text, or a list of texts
	} `json:"current"`
}

// queries gives the queries of a dashboard.
func (d dashboard) queries(path string) ([]Query, error) {
	var asked []Query
	var variables []Variable
	for _, v := range d.Templating.List {
		text, err := v.text()
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", v.Name, err)
		}
		variables = append(variables, v.variable(text))
		if v.Type == "query" {
			asked = append(asked, Query{Where: "variable " + v.Name, Kind: KindVariable, VariableFor: v.Name, Format: "table", SQL: text})
		}
	}
	for _, a := range d.Annotations.List {
		if a.Target.SQL != "" {
			asked = append(asked, Query{Where: "annotation " + a.Name, Kind: KindAnnotation, Format: a.Target.Format, SQL: a.Target.SQL})
		}
	}
	ofPanels, err := queriesOf(d.Panels)
	if err != nil {
		return nil, err
	}
	asked = append(asked, ofPanels...)
	for i := range asked {
		asked[i].File, asked[i].Dashboard, asked[i].Variables = path, d.UID, variables
		asked[i].Where = d.Title + " / " + asked[i].Where
	}
	return asked, nil
}

func queriesOf(panels []panel) ([]Query, error) {
	var asked []Query
	for _, p := range panels {
		var interval time.Duration
		if p.Interval != "" {
			var err error
			if interval, err = parseInterval(p.Interval); err != nil {
				return nil, fmt.Errorf("panel %s: %w", p.Title, err)
			}
		}
		for _, t := range p.Targets {
			if t.SQL == "" { // it asks Prometheus
				continue
			}
			asked = append(asked, Query{
				Where: p.Title + " " + t.RefID, Kind: KindPanel, Format: t.Format, Interval: interval, Fields: p.fields(t), SQL: t.SQL,
			})
		}
		inner, err := queriesOf(p.Panels)
		if err != nil {
			return nil, err
		}
		asked = append(asked, inner...)
	}
	return asked, nil
}

var fieldReference = regexp.MustCompile(`__data\.fields\.(\w+)`)

// fields gives the columns that a panel counts on: those that its links name
// and, where columns are not turned into series, those that it treats in a way
// of their own.
func (p panel) fields(t target) []string {
	var fields []string
	texts := p.Config.Defaults
	for _, o := range p.Config.Overrides {
		texts = append(texts, o.Properties...)
		if name, ok := o.Matcher.Options.(string); ok && o.Matcher.ID == "byName" && t.Format == "table" {
			fields = append(fields, name)
		}
	}
	for _, match := range fieldReference.FindAllStringSubmatch(string(texts), -1) {
		fields = append(fields, match[1])
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// text gives what a variable's options come from.
func (v variable) text() (string, error) {
	if len(v.Query) == 0 {
		return "", nil
	}
	var text string
	if err := json.Unmarshal(v.Query, &text); err == nil {
		return text, nil
	}
	var t target
	err := json.Unmarshal(v.Query, &t)
	return t.SQL, err
}

func (v variable) variable(text string) Variable {
	known := Variable{Name: v.Name, Type: v.Type, Multi: v.Multi, IncludeAll: v.IncludeAll, AllValue: v.AllValue}
	if v.Type == "custom" {
		for option := range strings.SplitSeq(text, ",") {
			known.Options = append(known.Options, strings.TrimSpace(option))
		}
	}
	switch value := v.Current.Value.(type) {
	case string:
		known.Default = []string{value}
	case []any:
		for _, one := range value {
			known.Default = append(known.Default, fmt.Sprint(one))
		}
	}
	return known
}
