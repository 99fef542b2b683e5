package dashboards

// All is the value that stands for all options of a variable.
const All = "$__all"

// Variable is a choice that a dashboard offers above its panels.
type Variable struct {
	Name       string
	Type       string   // query, custom, textbox, datasource and others
	Multi      bool     // several values can be chosen
	IncludeAll bool     // All can be chosen
	AllValue   string   // what is put in for All as it stands; empty: all options are
	Options    []string // of a custom variable; those that a query gives can be filled in
	Default    []string // chosen when the dashboard is opened; empty: the first option
}

// chosen gives what a variable's values are when some were picked. Several
// values, or one of a variable that could have several, are a list.
func (v Variable) chosen(picked []string) (values []string, list, verbatim bool) {
	if len(picked) == 1 && picked[0] == All {
		if v.AllValue != "" {
			return []string{v.AllValue}, false, true
		}
		return v.Options, true, false
	}
	return picked, v.Multi, false
}
