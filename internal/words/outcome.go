package words

import (
	"cmp"

	"tracker/internal/history"
	"tracker/internal/terminal"
)

// Outcome puts the outcome of a poll that got no answer in words.
func Outcome(outcome string) string {
	told := map[history.Outcome]string{
		history.OutcomeSuperseded:     "superseded (another tracker had taken over)",
		history.OutcomeUnauthorized:   "401 unauthorized",
		history.OutcomeQuotaExhausted: "402 quota exhausted",
		history.OutcomeForbidden:      "403 forbidden",
		history.OutcomeNotFound:       "404 not found",
		history.OutcomeRateLimited:    "429 rate limited",
		history.OutcomeUpstreamError:  "upstream error (5xx)",
		history.OutcomeTimeout:        "no answer in time",
		history.OutcomeMalformed:      "malformed (not what the service's contract says)",
	}
	return cmp.Or(told[history.Outcome(outcome)], outcome)
}

// Failure tells why a poll got no answer: what the service said, which
// begins with the HTTP status where there was one, else what we call it.
func Failure(outcome, message string) string {
	switch {
	case message == "":
		return Outcome(outcome)
	case outcome == string(history.OutcomeMalformed):
		return "malformed: " + message
	default:
		return message
	}
}

// OutcomeSpan shows the outcome of a poll, marked where it had no answer.
func OutcomeSpan(outcome string) terminal.Span {
	switch history.Outcome(outcome) {
	case "", history.OutcomeChanged, history.OutcomeUnchanged:
		return terminal.Plain(outcome)
	default:
		return terminal.Styled(terminal.StyleYellow, outcome)
	}
}
