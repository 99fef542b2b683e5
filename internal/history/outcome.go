package history

// Outcome says what came of one poll.
type Outcome string

// The outcomes of a poll. Only the first two are answers that count; none of the
// others says anything about the import.
const (
	OutcomeChanged        Outcome = "changed"
	OutcomeUnchanged      Outcome = "unchanged"
	OutcomeSuperseded     Outcome = "superseded"      // answered, but somebody else had taken over the job meanwhile
	OutcomeUnauthorized   Outcome = "unauthorized"    // 401
	OutcomeQuotaExhausted Outcome = "quota_exhausted" // 402
	OutcomeForbidden      Outcome = "forbidden"       // 403
	OutcomeNotFound       Outcome = "not_found"       // 404
	OutcomeRateLimited    Outcome = "rate_limited"    // 429
	OutcomeRejected       Outcome = "rejected"        // any other 3xx or 4xx
	OutcomeUpstreamError  Outcome = "upstream_error"  // 5xx
	OutcomeTimeout        Outcome = "timeout"
	OutcomeUnreachable    Outcome = "unreachable" // name, connection, TLS
	OutcomeMalformed      Outcome = "malformed"   // 2xx, but not what the provider's contract says
)

// Answered reports whether the poll brought an answer, new or known.
func (o Outcome) Answered() bool { return o == OutcomeChanged || o == OutcomeUnchanged }

// Outcomes lists them all.
func Outcomes() []Outcome {
	return []Outcome{
		OutcomeChanged, OutcomeUnchanged, OutcomeSuperseded, OutcomeUnauthorized, OutcomeQuotaExhausted, OutcomeForbidden, OutcomeNotFound,
		OutcomeRateLimited, OutcomeRejected, OutcomeUpstreamError, OutcomeTimeout, OutcomeUnreachable, OutcomeMalformed,
	}
}

// Late is what the outcome counts as where somebody else had taken over the job
// meanwhile: nothing comes of an answer then.
func (o Outcome) Late() Outcome {
	if o.Answered() {
		return OutcomeSuperseded
	}
	return o
}

// LetIn reports whether the upstream has taken the poll in, whatever it said to
// it: it did not send it away, and it works.
func (o Outcome) LetIn() bool {
	switch o {
	case OutcomeRateLimited, OutcomeUpstreamError, OutcomeTimeout, OutcomeUnreachable:
		return false
	default:
		return true
	}
}

// Refused reports whether the upstream did not accept the credential.
func (o Outcome) Refused() bool { return o == OutcomeUnauthorized || o == OutcomeForbidden }
