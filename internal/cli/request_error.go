package cli

// requestError is a request for what there is not, or cannot be. Its text says
// what there is instead.
type requestError struct{ error }

// Unwrap gives what it is made of.
func (e requestError) Unwrap() error { return e.error }
