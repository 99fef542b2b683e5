package dashboards

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// alerting is what bears on queries in a file of alert rules.
type alerting struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []rule `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Title       string            `yaml:"title"`
	Condition   string            `yaml:"condition"`
	Annotations map[string]string `yaml:"annotations"`
	Data        []struct {
		RefID             string `yaml:"refId"`
		RelativeTimeRange struct {
			From int `yaml:"from"` // seconds ago
		} `yaml:"relativeTimeRange"`
		Model struct {
			Format     string `yaml:"format"`
			SQL        string `yaml:"rawSql"`
			Expression string `yaml:"expression"` // the letter of what it is computed of, where there is no SQL
		} `yaml:"model"`
	} `yaml:"data"`
}

// queries gives the queries of all rules.
func (a alerting) queries(path string) []Query {
	var asked []Query
	for _, group := range a.Groups {
		for _, rule := range group.Rules {
			for _, data := range rule.Data {
				if data.Model.SQL == "" {
					continue
				}
				decides := data.RefID == rule.decides()
				asked = append(asked, Query{
					File: path, Where: group.Name + " / alert " + rule.Title + " " + data.RefID, Kind: KindAlert, Decides: decides,
					Format: data.Model.Format, SQL: data.Model.SQL, Fields: rule.labels(decides),
					Lookback: time.Duration(data.RelativeTimeRange.From) * time.Second,
				})
			}
		}
	}
	return asked
}

// decides gives the letter of the query that the condition is computed of, each
// row of which is an alert. Any other is asked for what the texts tell.
func (r rule) decides() string {
	letter := r.Condition
	for _, data := range slices.Backward(r.Data) {
		if data.RefID == letter && data.Model.Expression != "" {
			letter = data.Model.Expression
		}
	}
	return letter
}

var (
	labelReference = regexp.MustCompile(`\$labels\.(\w+)`)
	toldReference  = regexp.MustCompile(`[^$]\.Labels\.(\w+)`)
)

// labels gives the columns that the texts of an alert name: of the query that
// decides, or of the other.
func (r rule) labels(decides bool) []string {
	reference := toldReference
	if decides {
		reference = labelReference
	}
	var labels []string
	texts := strings.Join(slices.Collect(maps.Values(r.Annotations)), "\n")
	for _, match := range reference.FindAllStringSubmatch(texts, -1) {
		labels = append(labels, match[1])
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}
