package dashboards

import (
	"encoding/json"
	"fmt"
	"strings"
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
	Title   string   `json:"title"`
	Panels  []panel  `json:"panels"` // of a row that is folded
	Targets []target `json:"targets"`
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
			asked = append(asked, Query{Where: "variable " + v.Name, Kind: KindVariable, Variable: v.Name, Format: "table", SQL: text})
		}
	}
	for _, a := range d.Annotations.List {
		if a.Target.SQL != "" {
			asked = append(asked, Query{Where: "annotation " + a.Name, Kind: KindAnnotation, Format: a.Target.Format, SQL: a.Target.SQL})
		}
	}
	asked = append(asked, queriesOf(d.Panels)...)
	for i := range asked {
		asked[i].File, asked[i].Dashboard, asked[i].Variables = path, d.UID, variables
		asked[i].Where = d.Title + " / " + asked[i].Where
	}
	return asked, nil
}

func queriesOf(panels []panel) []Query {
	var asked []Query
	for _, p := range panels {
		for _, t := range p.Targets {
			asked = append(asked, Query{Where: p.Title + " " + t.RefID, Kind: KindPanel, Format: t.Format, SQL: t.SQL})
		}
		asked = append(asked, queriesOf(p.Panels)...)
	}
	return asked
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
