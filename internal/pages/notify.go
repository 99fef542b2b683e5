package pages

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"tracker/internal/store"
	"tracker/internal/terminal"
	"tracker/internal/words"
)

// deliveriesShown is how many deliveries the page lists.
const deliveriesShown = 200

// notifyBody tells who is told of what, and what came of it.
type notifyBody struct {
	words.Clock
	Rules  []store.RuleRow
	Failed []store.DeliveryRow // tried in vain so far
	Newest []store.DeliveryRow
	Tests  bool // somebody here can send a test
}

// notify answers whether those are told who are to be.
func (p *Pages) notify(ctx context.Context, req *request) (*view, error) {
	body := notifyBody{Clock: req.Clock, Tests: p.Test != nil}
	var err error
	if body.Rules, err = p.store.RuleRows(ctx); err != nil {
		return nil, err
	}
	if body.Failed, err = p.store.DeliveryRows(ctx, "", true, deliveriesShown); err != nil {
		return nil, err
	}
	if body.Newest, err = p.store.DeliveryRows(ctx, "", false, deliveriesShown); err != nil {
		return nil, err
	}
	return &view{Name: "notify", Title: "Notifications", Section: "/notify", Live: "all", Every: 15, Body: body}, nil
}

// testRule sends a test by a rule, and tells what came back.
func (p *Pages) testRule(ctx context.Context, req *request) (*view, error) {
	name := req.PostFormValue("rule")
	rules, err := p.store.Rules(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(rules, func(rule store.Rule) bool { return rule.Name == name })
	if at < 0 || p.Test == nil {
		return nil, notFoundError{what: fmt.Sprintf("No rule is named %q.", name)}
	}
	took, failed := p.Test(ctx, rules[at], req.ReadAt)
	v, err := p.notify(ctx, req)
	switch {
	case err != nil:
		return nil, err
	case failed != nil:
		v.Notice = fmt.Sprintf("Rule %s: %s.", name, failed)
	default:
		v.Notice = fmt.Sprintf("Rule %s: the test was delivered in %s.", name, words.Duration(took))
	}
	return v, nil
}

// retryRule has tried again what has failed by a rule.
func (p *Pages) retryRule(ctx context.Context, r *http.Request, _ store.Author) (done, address string, err error) {
	retried := int64(0)
	if name := r.PostFormValue("rule"); name != "" { // by all rules only who says so by the command
		retried, err = p.store.RetryDeliveries(ctx, name)
	}
	return told("retried", retried > 0), "/notify", err
}

// Failing reports a rule of which something has failed, or waits after a failure.
func (notifyBody) Failing(r store.RuleRow) bool { return r.Error != "" }

// Tells names the events of a rule.
func (notifyBody) Tells(r store.RuleRow) string { return strings.Join(r.On, ", ") }

// Delivered tells when something was last delivered by a rule.
func (b notifyBody) Delivered(r store.RuleRow) string { return words.Ago(r.DeliveredAt, b.ReadAt) }

// Delivery tells what became of a delivery.
func (notifyBody) Delivery(r store.DeliveryRow) terminal.Span { return words.Delivery(r) }

// Why tells why the last attempt failed.
func (notifyBody) Why(r store.DeliveryRow) string { return store.OrZero(r.Error) }

// listedDeliveries are some of them, with what tells of each.
type listedDeliveries struct {
	Body notifyBody
	Rows []store.DeliveryRow
}

// Listed are deliveries of the body.
func (b notifyBody) Listed(rows []store.DeliveryRow) listedDeliveries {
	return listedDeliveries{b, rows}
}
