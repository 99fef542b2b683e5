package dashboards_test

import (
	"slices"
	"strings"
	"testing"
)

// What an override may set, by the type of its panel, as Grafana registers it
// (public/app/plugins/panel/*/module.tsx): an id that it does not know is left
// out without a word. The standard ones hold for every type.
var (
	standardOptions = []string{
		"displayName", "unit", "fieldMinMax", "min", "max", "decimals", "noValue", "links", "actions", "color", "mappings", "thresholds", "filterable",
	}
	axisOptions = []string{
		"custom.axisPlacement", "custom.axisLabel", "custom.axisWidth", "custom.axisGridShow", "custom.axisColorMode", "custom.axisBorderShow",
		"custom.scaleDistribution", "custom.axisCenteredZero", "custom.axisSoftMin", "custom.axisSoftMax",
	}
	panelOptions = map[string][]string{
		"stat":     {},
		"bargauge": {},
		"table": {
			"custom.minWidth", "custom.width", "custom.align", "custom.filterable", "custom.wrapText", "custom.wrapHeaderText", "custom.hideFrom.viz",
			"custom.footer.reducers", "custom.cellOptions", "custom.inspect", "custom.tooltip.field", "custom.tooltip.placement",
		},
		"timeseries": append([]string{
			"custom.drawStyle", "custom.lineInterpolation", "custom.barAlignment", "custom.barWidthFactor", "custom.lineWidth", "custom.fillOpacity",
			"custom.gradientMode", "custom.fillBelowTo", "custom.lineStyle", "custom.spanNulls", "custom.insertNulls", "custom.showPoints",
			"custom.showValues", "custom.pointSize", "custom.stacking", "custom.transform", "custom.hideFrom", "custom.thresholdsStyle",
		}, axisOptions...),
		"barchart": append([]string{
			"custom.lineWidth", "custom.fillOpacity", "custom.gradientMode", "custom.transform", "custom.thresholdsStyle", "custom.hideFrom",
		}, axisOptions...),
		"state-timeline": {
			"custom.lineWidth", "custom.fillOpacity", "custom.spanNulls", "custom.insertNulls", "custom.hideFrom", "custom.axisPlacement", "custom.axisWidth",
		},
	}
)

func TestOverridesAreKnownToTheirPanel(t *testing.T) {
	t.Parallel()
	for name, b := range boards(t) {
		for _, p := range b.Panels {
			known, ok := panelOptions[p.Type]
			if !ok {
				t.Errorf("%s, %s: nothing is known of what a %s registers", name, p.Title, p.Type)
			}
			for _, o := range p.FieldConfig.Overrides {
				for _, property := range o.Properties {
					if !slices.Contains(known, property.ID) && !slices.Contains(standardOptions, property.ID) {
						t.Errorf("%s, %s: a %s does not know %s, set for %v", name, p.Title, p.Type, property.ID, o.Matcher.Options)
					}
				}
			}
		}
	}
}

// What is shown instead of no value at all is shown in each cell without one,
// too, and in the legend of a timeline: it stands in the defaults of a table for
// the empty one, with the cells told otherwise before any other override.
func TestNoValueIsNoSentenceInACell(t *testing.T) {
	t.Parallel()
	for name, b := range boards(t) {
		for _, p := range b.Panels {
			switch p.Type {
			case "state-timeline":
				if p.FieldConfig.Defaults.NoValue != "" {
					t.Errorf("%s, %s: the legend says %q", name, p.Title, p.FieldConfig.Defaults.NoValue)
				}
			case "table":
				overrides := p.FieldConfig.Overrides
				if p.FieldConfig.Defaults.NoValue == "" {
					t.Errorf("%s, %s: nothing is said of an empty table", name, p.Title)
				}
				if len(overrides) == 0 || overrides[0].Matcher.ID != "byRegexp" || overrides[0].Matcher.Options != "/.*/" || overrides[0].noValue() != "–" {
					t.Errorf("%s, %s: a cell without a value says %q", name, p.Title, p.FieldConfig.Defaults.NoValue)
				}
			}
		}
	}
}

// Columns that only links need are not shown.
func TestTimesOfLinksAreHidden(t *testing.T) {
	t.Parallel()
	for name, b := range boards(t) {
		for _, p := range b.Panels {
			for _, column := range []string{"at_ms", "from_ms", "to_ms"} {
				hidden := slices.ContainsFunc(p.FieldConfig.Overrides, func(o override) bool {
					return o.Matcher.Options == column && slices.ContainsFunc(o.Properties, func(set property) bool { return set.ID == "custom.hideFrom.viz" && set.Value == true })
				})
				if asked := strings.Contains(p.sql(), " AS "+column); p.Type == "table" && asked != hidden {
					t.Errorf("%s, %s: column %s is asked for: %t, hidden: %t", name, p.Title, column, asked, hidden)
				}
			}
		}
	}
}

func (o override) noValue() string {
	at := slices.IndexFunc(o.Properties, func(set property) bool { return set.ID == "noValue" })
	if at < 0 {
		return ""
	}
	text, _ := o.Properties[at].Value.(string)
	return text
}
