package source

import (
	"cmp"
	"crypto/sha256"
	"io"
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"tracker/internal/jsonscan"
)

// hashBuffer is how much canonical text is gathered before it is hashed.
const hashBuffer = 4 << 10

// canonical brings one valid JSON value into the form that its key is of: the
// members of objects in the order of RFC 8785, of several with one name the
// last, no white space, and none of what is left out. Numbers and strings stay
// as they came.
//
// A first pass notes where the text is in another order. Most texts are in
// their canonical form: then that pass, which copies nothing, is all.
type canonical struct {
	text  []byte
	names []int32 // where the names begin of the objects that the pass is in

	// Of the first pass:
	reordered []order // of the objects whose members are not in order
	sorted    []int32 // their names in order
	asItIs    bool    // what was passed is in its canonical form

	// Of the second:
	out    io.Writer // a hash: it takes what it is given
	buffer []byte
}

// order is the order of an object's members.
type order struct {
	begin, end  int32 // of the object
	first, last int32 // in the list of sorted names
}

func (o order) compareBegin(begin int32) int { return cmp.Compare(o.begin, begin) }

// canonicalHash gives the SHA-256 of the canonical form of a valid JSON text.
func canonicalHash(text []byte, without *omitted) [sha256.Size]byte {
	var names [64]int32
	c := canonical{text: text, names: names[:0], asItIs: true}
	start := jsonscan.SkipSpace(text, 0)
	if end := c.pass(start, without); c.asItIs {
		return sha256.Sum256(text[start:end])
	}
	hash := sha256.New()
	c.write(hash, start, without)
	return [sha256.Size]byte(hash.Sum(nil))
}

// pass takes note of the value that begins at i, and gives its end.
func (c *canonical) pass(i int, without *omitted) int {
	switch c.text[i] {
	case '{':
		return c.passObject(i, without)
	case '[':
		return c.passList(i, without)
	case '"':
		end := jsonscan.SkipString(c.text, i)
		c.asItIs = c.asItIs && !without.blanks()
		return end
	default:
		return jsonscan.SkipWord(c.text, i)
	}
}

func (c *canonical) passObject(begin int, without *omitted) int {
	first, inOrder := len(c.names), true
	i := c.space(begin + 1)
	for c.text[i] != '}' {
		name := int32(i)
		end := jsonscan.SkipString(c.text, i)
		under := without.member(c.text[i:end])
		i = c.space(c.space(end) + len(":"))
		if under.drops() {
			c.asItIs = false
			i = c.comma(jsonscan.SkipValue(c.text, i))
			continue
		}
		if last := len(c.names) - 1; last >= first && inOrder {
			inOrder = c.compareNames(c.names[last], name) < 0
		}
		c.names = append(c.names, name)
		i = c.comma(c.pass(i, under))
	}
	if !inOrder {
		c.reorder(begin, c.names[first:], i+1)
	}
	c.names = c.names[:first]
	return i + 1
}

func (c *canonical) passList(begin int, without *omitted) int {
	under := without.element()
	i := c.space(begin + 1)
	for c.text[i] != ']' {
		if under.drops() {
			c.asItIs = false
			i = c.comma(jsonscan.SkipValue(c.text, i))
			continue
		}
		i = c.comma(c.pass(i, under))
	}
	return i + 1
}

// space passes white space, which no canonical form has.
func (c *canonical) space(i int) int {
	end := jsonscan.SkipSpace(c.text, i)
	c.asItIs = c.asItIs && end == i
	return end
}

func (c *canonical) comma(i int) int {
	i = c.space(i)
	if c.text[i] == ',' {
		return c.space(i + 1)
	}
	return i
}

// reorder notes the order of an object's members. Of several with one name the
// last stays.
func (c *canonical) reorder(begin int, names []int32, end int) {
	first := len(c.sorted)
	c.sorted = append(c.sorted, names...)
	sorted := c.sorted[first:]
	slices.SortStableFunc(sorted, c.compareNames)
	last := first
	for i, name := range sorted {
		if i+1 == len(sorted) || c.compareNames(name, sorted[i+1]) != 0 {
			c.sorted[last] = name
			last++
		}
	}
	c.sorted = c.sorted[:last]
	c.reordered = append(c.reordered, order{int32(begin), int32(end), int32(first), int32(last)})
	c.asItIs = false
}

// compareNames compares the names that begin at two places by what they stand
// for, in UTF-16 code units. Plain names are compared as they are.
func (c *canonical) compareNames(a, b int32) int {
	for i := int32(1); ; i++ {
		x, y := c.text[a+i], c.text[b+i]
		switch {
		case x == '\\' || y == '\\' || x >= utf8.RuneSelf || y >= utf8.RuneSelf:
			return compareUnits(c.text[a+1:], c.text[b+1:])
		case x == y:
			if x == '"' {
				return 0
			}
		case x == '"':
			return -1
		case y == '"':
			return 1
		default:
			return int(x) - int(y)
		}
	}
}

// compareUnits compares the insides of two literals, which their quotes end.
func compareUnits(a, b []byte) int {
	left, right := units{inside: a}, units{inside: b}
	for {
		x, y := left.next(), right.next()
		if x != y || x < 0 {
			return int(x - y)
		}
	}
}

// units reads a literal's UTF-16 code units.
type units struct {
	inside []byte
	low    rune // of a pair whose other half was given; 0: none
}

// next gives the next unit, -1 at the end. A byte that is not UTF-8 is a unit
// of its own beyond all others: two that differ are not the same name.
func (u *units) next() rune {
	if low := u.low; low != 0 {
		u.low = 0
		return low
	}
	switch u.inside[0] {
	case '"':
		return -1
	case '\\':
		unit, size := jsonscan.Unescape(u.inside)
		u.inside = u.inside[size:]
		return unit
	}
	char, size := utf8.DecodeRune(u.inside)
	if char == utf8.RuneError && size == 1 {
		char = utf8.MaxRune + 1 + rune(u.inside[0])
	} else if high, low := utf16.EncodeRune(char); high != utf8.RuneError {
		char, u.low = high, low
	}
	u.inside = u.inside[size:]
	return char
}

// write writes the value that begins at i, which was passed, in its canonical form.
func (c *canonical) write(out io.Writer, i int, without *omitted) {
	c.out, c.buffer = out, make([]byte, 0, hashBuffer)
	slices.SortFunc(c.reordered, func(a, b order) int { return a.compareBegin(b.begin) })
	c.put(i, without)
	c.flush()
}

// put writes the value that begins at i, and gives its end.
func (c *canonical) put(i int, without *omitted) int {
	end := 0
	switch c.text[i] {
	case '{':
		return c.putObject(i, without)
	case '[':
		return c.putList(i, without)
	case '"':
		if end = jsonscan.SkipString(c.text, i); without.blanks() {
			c.putText([]byte(`""`))
			return end
		}
	default:
		end = jsonscan.SkipWord(c.text, i)
	}
	c.putText(c.text[i:end])
	return end
}

func (c *canonical) putObject(i int, without *omitted) int {
	c.putByte('{')
	if at, ok := slices.BinarySearchFunc(c.reordered, int32(i), order.compareBegin); ok {
		found := c.reordered[at]
		for n, name := range c.sorted[found.first:found.last] {
			c.putMember(int(name), n > 0, without)
		}
		c.putByte('}')
		return int(found.end)
	}
	written := false
	for i = jsonscan.SkipSpace(c.text, i+1); c.text[i] != '}'; {
		end, put := c.putMember(i, written, without)
		written = written || put
		i = jsonscan.SkipComma(c.text, end)
	}
	c.putByte('}')
	return i + 1
}

// putMember writes the member whose name begins at i, after a comma if it is
// not the first, unless it is left out. It gives the member's end.
func (c *canonical) putMember(i int, comma bool, without *omitted) (end int, put bool) {
	end = jsonscan.SkipString(c.text, i)
	name := c.text[i:end]
	under := without.member(name)
	i = jsonscan.SkipSpace(c.text, jsonscan.SkipSpace(c.text, end)+len(":"))
	if under.drops() {
		return jsonscan.SkipValue(c.text, i), false
	}
	if comma {
		c.putByte(',')
	}
	c.putText(name)
	c.putByte(':')
	return c.put(i, under), true
}

func (c *canonical) putList(i int, without *omitted) int {
	under := without.element()
	c.putByte('[')
	written := false
	for i = jsonscan.SkipSpace(c.text, i+1); c.text[i] != ']'; i = jsonscan.SkipComma(c.text, i) {
		if under.drops() {
			i = jsonscan.SkipValue(c.text, i)
			continue
		}
		if written {
			c.putByte(',')
		}
		written = true
		i = c.put(i, under)
	}
	c.putByte(']')
	return i + 1
}

func (c *canonical) putByte(b byte) {
	if len(c.buffer) == cap(c.buffer) {
		c.flush()
	}
	c.buffer = append(c.buffer, b)
}

func (c *canonical) putText(text []byte) {
	if len(c.buffer)+len(text) > cap(c.buffer) {
		c.flush()
	}
	if len(text) > cap(c.buffer) {
		_, _ = c.out.Write(text)
		return
	}
	c.buffer = append(c.buffer, text...)
}

func (c *canonical) flush() {
	_, _ = c.out.Write(c.buffer)
	c.buffer = c.buffer[:0]
}
