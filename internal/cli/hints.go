package cli

import (
	"fmt"
	"io"
)

// hints tells why waiting may be in vain, each time that there is another reason.
type hints struct {
	out  io.Writer
	last string
}

func (h *hints) tell(why string) {
	if why != "" && why != h.last {
		fmt.Fprintln(h.out, why)
	}
	h.last = why
}
