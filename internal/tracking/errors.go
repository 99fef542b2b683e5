package tracking

// RequestError is a request for what there is not, or cannot be. Its text says
// what there is instead.
type RequestError struct{ error }

// Unwrap gives what it is made of.
func (e RequestError) Unwrap() error { return e.error }
