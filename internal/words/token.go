package words

import (
	"time"

	"tracker/internal/store"
	"tracker/internal/terminal"
)

// Token tells whether a token counts.
func Token(r store.TokenRow, now time.Time) terminal.Span {
	switch {
	case r.RevokedAt != nil:
		return terminal.Faint("revoked " + Ago(r.RevokedAt, now))
	case r.ExpiresAt == nil:
		return terminal.Plain("counts")
	case r.ExpiresAt.After(now):
		return terminal.Plain("counts, until " + r.ExpiresAt.UTC().Format("2006-01-02 15:04"))
	default:
		return terminal.Styled(terminal.StyleYellow, "expired "+Ago(r.ExpiresAt, now))
	}
}
