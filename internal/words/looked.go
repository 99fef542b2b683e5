package words

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
)

// Looked tells how often somebody looked, how often in vain, and how far apart looks
// were that got an answer.
func Looked(looks, vain int, least, most time.Duration) string {
	if looks == 0 {
		return "no look of this time is known any more"
	}
	text := fmt.Sprintf("looked %s times", humanize.Comma(int64(looks)))
	if looks == 1 {
		text = "looked once"
	}
	if vain > 0 {
		text += fmt.Sprintf(" (%s in vain)", humanize.Comma(int64(vain)))
	}
	switch near, far := Roughly(least), Roughly(most); {
	case most == 0:
		return text
	case near == far:
		return text + ", every " + near
	default:
		return text + ", " + near + " to " + far + " apart"
	}
}
