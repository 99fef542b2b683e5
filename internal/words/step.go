package words

import (
	"fmt"

	"tracker/internal/store"
)

// StepName is the name of the step of a number, or that number where its row is not among
// the steps.
func StepName(steps []store.StepRow, no int32) string {
	for _, step := range steps {
		if step.StepNo == no {
			return step.Step
		}
	}
	return fmt.Sprintf("step %d", no)
}
