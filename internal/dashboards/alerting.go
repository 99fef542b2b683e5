package dashboards

import "time"

// alerting is what bears on queries in a file of alert rules.
type alerting struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []rule `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Title string `yaml:"title"`
	Data  []struct {
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
					File: path, Where: group.Name + " / " + rule.Title + " " + data.RefID, Kind: KindAlert,
					Format: data.Model.Format, SQL: data.Model.SQL,
					Lookback: time.Duration(data.RelativeTimeRange.From) * time.Second,
				})
			}
		}
	}
	return asked
}
