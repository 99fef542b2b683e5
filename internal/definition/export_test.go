package definition

// NewMeter, Resume, Pause and Step are what a poll does with its meter.
var (
	NewMeter = newMeter
	Resume   = (*meter).resume
	Pause    = (*meter).pause
)

// Steps is a program of so many steps. Its error is why it was stopped.
func Steps(m *meter, n int) error {
	for range n {
		select {
		case <-m.Done():
			return m.Err()
		default:
		}
	}
	return nil
}
