package doctor

import (
	"context"
	"fmt"
	"strings"

	"tracker/internal/terminal"
)

// notifications tells whether those are told who are to be.
func (p *patient) notifications(ctx context.Context) Check {
	const name = "notifications"
	rules, err := p.Store.RuleRows(ctx)
	if err != nil {
		return unread(name, err)
	}
	var failed, waiting []string
	declared := 0
	for _, rule := range rules {
		who := rule.Rule
		if rule.Removed {
			who += ", which was removed"
		} else {
			declared++
		}
		switch {
		case rule.Failed > 0:
			failed = append(failed, fmt.Sprintf("%s: %s failed for a day (%s)", who, terminal.Plural(int(rule.Failed), "delivery", "deliveries"), rule.Error))
		case rule.Error != "":
			waiting = append(waiting, fmt.Sprintf("%s: %s waiting (%s)", who, terminal.Plural(int(rule.Pending), "delivery", "deliveries"), rule.Error))
		}
	}
	switch {
	case len(rules) == 0:
		return check(name, "no rules: nobody is told of anything")
	case len(failed) > 0:
		return check(name, "%s", strings.Join(append(failed, waiting...), "; ")).fail("mend the address or its receiver, see that it is ( tracker notify test RULE ), then  tracker notify retry")
	case len(waiting) > 0:
		return check(name, "%s", strings.Join(waiting, "; ")).warn("they are tried for a day: mend the address or its receiver ( tracker notify test RULE )")
	}
	return check(name, "%s, and nothing was tried in vain", terminal.Plural(declared, "rule", "rules"))
}
