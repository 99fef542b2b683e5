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
	Annotations map[string]string `yaml:"annotations"`
	Data        []struct {
		RefID             string `yaml:"refId"`
		RelativeTimeRange struct {
			From int `yaml:"from"` // seconds ago
		} `yaml:"relativeTimeRange"`
		Model struct {
			Format string `yaml:"format"`
			SQL    string `yaml:"rawSql"` // other models are expressions over the rows
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
				asked = append(asked, Query{
					File: path, Where: group.Name + " / alert " + rule.Title + " " + data.RefID, Kind: KindAlert,
					Format: data.Model.Format, SQL: data.Model.SQL, Fields: rule.labels(),
					Lookback: time.Duration(data.RelativeTimeRange.From) * time.Second,
				})
			}
		}
	}
	return asked
}

var labelReference = regexp.MustCompile(`\$labels\.(\w+)`)

// labels gives the columns that the texts of an alert name.
func (r rule) labels() []string {
	var labels []string
	texts := strings.Join(slices.Collect(maps.Values(r.Annotations)), "\n")
	for _, match := range labelReference.FindAllStringSubmatch(texts, -1) {
		labels = append(labels, match[1])
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}
