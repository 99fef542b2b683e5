package terminal

// Style is how a piece of text looks on a terminal that wants colours: the
// parameters of an SGR sequence.
type Style string

// The styles of all screens.
const (
	StyleNone    Style = ""
	StyleBold    Style = "1"
	StyleFaint   Style = "2"
	StyleRed     Style = "31"
	StyleGreen   Style = "32"
	StyleYellow  Style = "33"
	StyleBlue    Style = "34"
	StyleMagenta Style = "35"
)

// Paint gives text its style where the screen has colours.
func (s Screen) Paint(look Style, text string) string {
	if !s.Color || look == StyleNone || text == "" {
		return text
	}
	return "\x1b[" + string(look) + "m" + text + "\x1b[0m"
}
