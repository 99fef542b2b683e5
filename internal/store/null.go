package store

// OrZero gives what p points to, the zero value for null.
func OrZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// toPointer gives null for the zero value.
func toPointer[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
