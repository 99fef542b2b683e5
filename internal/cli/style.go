package cli

// style is how a piece of text looks on a terminal that wants colours: the
// parameters of an SGR sequence.
type style string

// The styles of all screens.
const (
	styleNone    style = ""
	styleBold    style = "1"
	styleFaint   style = "2"
	styleRed     style = "31"
	styleGreen   style = "32"
	styleYellow  style = "33"
	styleBlue    style = "34"
	styleMagenta style = "35"
)

// paint gives text its style where the screen has colours.
func (s screen) paint(look style, text string) string {
	if !s.color || look == styleNone || text == "" {
		return text
	}
	return "\x1b[" + string(look) + "m" + text + "\x1b[0m"
}
