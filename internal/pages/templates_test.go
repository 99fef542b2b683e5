package pages

import "testing"

// TestPageTemplates: all templates can be read, which no page has to find out.
func TestPageTemplates(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"overview", "job", "run", "snapshot", "sources", "source", "reports", "report", "events", "audit", "notify", "missing", "away", "broken"} {
		if pageTemplates()[name] == nil {
			t.Errorf("there is no template %s", name)
		}
	}
}
