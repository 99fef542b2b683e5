package source

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// The byte order marks that a body may begin with.
var (
	markUTF8    = []byte("\xEF\xBB\xBF")
	markUTF16BE = []byte("\xFE\xFF")
	markUTF16LE = []byte("\xFF\xFE")
)

// utf8Body gives a body in UTF-8, without a byte order mark, as JSON has to be:
// everything behind, from redaction to a rebuild from what is stored, reads
// that alone. A mark tells the encoding, else the header does. A body that
// cannot be decoded is left as it came; the result may share its memory.
func utf8Body(header http.Header, body []byte) []byte {
	if rest, marked := bytes.CutPrefix(body, markUTF8); marked {
		return rest
	}
	told := toldEncoding(header)
	switch {
	case bytes.HasPrefix(body, markUTF16BE), bytes.HasPrefix(body, markUTF16LE):
		told = unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM)
	case told == nil:
		return body
	case told == charmap.Windows1252 && utf8.Valid(body):
		return body // which servers call ISO-8859-1 that do not know what they send
	}
	decoded, err := told.NewDecoder().Bytes(body)
	if err != nil {
		return body
	}
	return bytes.TrimPrefix(decoded, markUTF8)
}

// toldEncoding gives the encoding that a Content-Type names, as browsers read
// it; nil where that is UTF-8, or none that is known.
func toldEncoding(header http.Header) encoding.Encoding {
	kind := header.Get("Content-Type")
	if !strings.Contains(kind, ";") { // as most: it has no parameters
		return nil
	}
	_, params, err := mime.ParseMediaType(kind)
	if err != nil || params["charset"] == "" {
		return nil
	}
	told, err := htmlindex.Get(params["charset"])
	if err != nil || told == unicode.UTF8 || told == encoding.Replacement {
		return nil
	}
	return told
}
