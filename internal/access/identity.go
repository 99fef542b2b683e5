package access

import (
	"context"

	"tracker/internal/store"
)

// Identity is who asks.
type Identity struct {
	Actor    string // as report.changes names it
	Scope    string // store.ScopeRead or store.ScopeOperate
	LoggedIn bool   // by a session, which can be ended

	holds func(context.Context) bool
}

// Operates reports whether it may change what is tracked.
func (i Identity) Operates() bool { return i.Scope == store.ScopeOperate }

// Holds reports that it would still be let in: long answers ask now and then.
func (i Identity) Holds(ctx context.Context) bool { return i.holds == nil || i.holds(ctx) }

type identityKey struct{}

// With is the context of a request of somebody.
func With(ctx context.Context, who Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, who)
}

// From is who asks in a request that a Guard let in.
func From(ctx context.Context) Identity {
	who, _ := ctx.Value(identityKey{}).(Identity)
	return who
}
