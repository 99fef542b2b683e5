package yamlfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// maxDepth bounds chains of aliases and of merge keys, maxMerges the mappings
// merged in a file: a few lines can ask for any number of both.
const (
	maxDepth  = 32
	maxMerges = 200_000
)

// Section is a mapping whose keys were checked.
type Section struct {
	Path   string
	Values map[string]ast.Node
}

// Section reads a mapping. Where known keys are named it may have no others.
func (r *Reader) Section(path string, node ast.Node, known ...string) Section {
	r.Places[path] = r.placeOf(node)
	s := Section{Path: path, Values: make(map[string]ast.Node)}
	r.collect(s, node, known, make(map[string]bool))
	return s
}

// Only reads a mapping that has a key, and then no others.
func (r *Reader) Only(path string, node ast.Node, key string) (Section, bool) {
	mapping, ok := r.Resolve(node).(ast.MapNode)
	if !ok {
		return Section{}, false
	}
	for entries := mapping.MapRange(); entries.Next(); {
		if name, ok := Scalar(entries.Key()); ok && name == key {
			return r.Section(path, node, key), true
		}
	}
	return Section{}, false
}

// collect adds the entries of a mapping to a section. own are the keys that the
// section itself has: what a merge key brings in does not replace them.
func (r *Reader) collect(s Section, node ast.Node, known []string, own map[string]bool) {
	mapping, ok := r.Resolve(node).(ast.MapNode)
	if !ok {
		r.reportIn(s.Path, node, fmt.Errorf("%s must be a mapping of keys and values", subject(s.Path)))
		return
	}
	var merged []ast.Node
	for entries := mapping.MapRange(); entries.Next(); {
		key := entries.Key()
		if key.IsMergeKey() {
			merged = append(merged, entries.Value())
			continue
		}
		name, ok := Scalar(key)
		switch {
		case !ok:
			r.ReportAt(key, errors.New("a key must be plain text"))
		case own[name]:
			r.ReportAt(key, fmt.Errorf("key %s is given twice", Quote(name)))
		case len(known) > 0 && !slices.Contains(known, name):
			r.ReportAt(key, fmt.Errorf("key %s is unknown; known here are %s", Quote(name), strings.Join(known, ", ")))
		default:
			own[name] = true
			s.Values[name] = entries.Value()
			r.Places[PathOf(s.Path, name)] = r.placeOf(entries.Value())
		}
	}
	for _, node := range merged {
		r.merge(s, node, known)
	}
}

// merge adds what a merge key (<<) names, a mapping or a list of mappings.
func (r *Reader) merge(s Section, node ast.Node, known []string) {
	r.merges++
	r.depth++
	defer func() { r.depth-- }()
	if r.depth > maxDepth || r.merges > maxMerges {
		if !r.Wrong[s.Path] {
			r.reportIn(s.Path, node, errors.New("the mappings merged here are too many or merge themselves"))
		}
		return
	}
	if list, ok := r.Resolve(node).(*ast.SequenceNode); ok {
		for _, item := range list.Values {
			r.merge(s, item, known)
		}
		return
	}
	base := Section{Path: s.Path, Values: make(map[string]ast.Node)}
	places := r.Places
	r.Places = Places{}
	r.collect(base, node, known, make(map[string]bool))
	for name, value := range base.Values {
		if _, found := s.Values[name]; !found {
			s.Values[name] = value
			places[PathOf(s.Path, name)] = r.Places[PathOf(s.Path, name)]
		}
	}
	r.Places = places
}

// List reads a list; a key that is absent is an empty one.
func (r *Reader) List(s Section, key string) []ast.Node {
	node, found := s.Values[key]
	if !found {
		return nil
	}
	list, ok := r.Resolve(node).(*ast.SequenceNode)
	if !ok {
		r.Report(PathOf(s.Path, key), fmt.Errorf("%s must be a list; write %s: [] for none", key, key))
		return nil
	}
	return list.Values
}

// Text reads a scalar as it is written, so that 007 stays 007.
func (r *Reader) Text(s Section, key string) string {
	node, found := s.Values[key]
	if !found {
		return ""
	}
	text, ok := Scalar(r.Resolve(node))
	switch {
	case !ok:
		r.Report(PathOf(s.Path, key), fmt.Errorf("%s must be a single value", key))
	case text == "":
		r.Report(PathOf(s.Path, key), fmt.Errorf("%s is empty; give it a value or leave it out", key))
	}
	return text
}

// Lines reads a list of scalars.
func (r *Reader) Lines(s Section, key string) []string {
	var lines []string
	at := PathOf(s.Path, key)
	for i, node := range r.List(s, key) {
		path := fmt.Sprintf("%s[%d]", at, i)
		r.Places[path] = r.placeOf(node)
		text, ok := Scalar(r.Resolve(node))
		if !ok {
			r.Report(path, fmt.Errorf("each of %s must be a single value", key))
		}
		lines = append(lines, text)
	}
	return lines
}

// Texts reads a mapping of free keys to scalars.
func (r *Reader) Texts(s Section, key string) map[string]string {
	node, found := s.Values[key]
	if !found {
		return nil
	}
	inner := r.Section(PathOf(s.Path, key), node)
	texts := make(map[string]string, len(inner.Values))
	for name, value := range inner.Values {
		text, ok := Scalar(r.Resolve(value))
		if !ok {
			r.Report(PathOf(inner.Path, name), fmt.Errorf("%s %s must be a single value", key, Quote(name)))
		}
		texts[name] = text
	}
	return texts
}

func (r *Reader) reportIn(path string, node ast.Node, err error) {
	r.Wrong[path] = true
	r.ReportAt(node, err)
}

// subject names what stands at a path.
func subject(path string) string {
	name := path[strings.LastIndexByte(path, '.')+1:]
	list, _, isItem := strings.Cut(name, "[")
	switch {
	case path == "":
		return "the file"
	case isItem:
		return "each of " + list
	default:
		return name
	}
}

// PathOf is the path of a key in what stands at a path.
func PathOf(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Scalar returns the text of a scalar as it is written, without its quotes;
// empty for null. It takes no tag but !!str: all values are texts here.
func Scalar(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimRight(n.Value.Value, "\n"), true // a block's last line feed is none of its text
	case *ast.NullNode:
		return "", true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.TagNode:
		if n.Start.Value == "!!str" {
			return Scalar(n.Value)
		}
	}
	return "", false
}

// Resolve follows anchors and aliases to what they stand for; nil where they
// lead in a circle.
func (r *Reader) Resolve(node ast.Node) ast.Node {
	for range maxDepth {
		switch n := node.(type) {
		case *ast.AnchorNode:
			node = n.Value
		case *ast.AliasNode:
			node = r.anchors[n.Value.String()]
		default:
			return node
		}
	}
	return nil
}

// findAnchors keeps the nodes that a document's anchors name, and reports
// whether each alias has exactly one anchor.
func (r *Reader) findAnchors(body ast.Node) bool {
	r.anchors = make(map[string]ast.Node)
	for _, node := range ast.Filter(ast.AnchorType, body) {
		if anchor, ok := node.(*ast.AnchorNode); ok {
			name := anchor.Name.String()
			if r.anchors[name] != nil {
				r.ReportAt(anchor, fmt.Errorf("anchor &%s is defined twice", name))
			}
			r.anchors[name] = anchor.Value
		}
	}
	for _, node := range ast.Filter(ast.AliasType, body) {
		if alias, ok := node.(*ast.AliasNode); ok && r.anchors[alias.Value.String()] == nil {
			r.ReportAt(alias, fmt.Errorf("alias *%s has no anchor; define it as &%[1]s", alias.Value))
		}
	}
	return len(r.Errs) == 0
}

// valuesMost bounds how many values Value gives at once: aliases can ask for any number.
const valuesMost = 100_000

// Value reads what stands at a path, whatever it is: nil, a bool, a json.Number, a
// string, a []any or a map[string]any of these.
func (r *Reader) Value(path string, node ast.Node) any {
	left := valuesMost
	value, ok := r.value(path, node, maxDepth, &left)
	if !ok {
		r.reportIn(path, node, fmt.Errorf("%s is too large, nests too deep or has values of unknown types", subject(path)))
	}
	return value
}

func (r *Reader) value(path string, node ast.Node, depth int, left *int) (_ any, ok bool) {
	if *left--; depth == 0 || *left < 0 {
		return nil, false
	}
	resolved := r.Resolve(node)
	switch n := resolved.(type) {
	case *ast.NullNode:
		return nil, true
	case *ast.BoolNode:
		return n.Value, true
	case *ast.IntegerNode, *ast.FloatNode:
		if text := n.GetToken().Value; json.Valid([]byte(text)) {
			return json.Number(text), true
		}
	case *ast.SequenceNode:
		list := make([]any, len(n.Values))
		for i, element := range n.Values {
			if list[i], ok = r.value(fmt.Sprintf("%s[%d]", path, i), element, depth-1, left); !ok {
				return nil, false
			}
		}
		return list, true
	case ast.MapNode:
		inner := r.Section(path, node)
		object := make(map[string]any, len(inner.Values))
		for name, element := range inner.Values {
			if object[name], ok = r.value(PathOf(path, name), element, depth-1, left); !ok {
				return nil, false
			}
		}
		return object, true
	}
	if resolved == nil {
		return nil, false
	}
	return Scalar(resolved)
}

// Offset gives the place in a file of a byte of the text of a scalar.
func (r *Reader) Offset(node ast.Node, offset int) Place {
	at := r.placeOf(node)
	switch n := r.Resolve(node).(type) {
	case *ast.LiteralNode:
		text := n.Value.Value[:min(offset, len(n.Value.Value))]
		at = r.placeOf(n.Value)
		at.Line += strings.Count(text, "\n")
		at.Column += offset - (strings.LastIndexByte(text, '\n') + 1)
	case *ast.StringNode:
		if token := n.GetToken(); token != nil && !strings.Contains(token.Origin[:min(len(token.Origin), len(token.Value))], "\n") {
			at.Column += offset
			if token.Type.String() == "SingleQuote" || token.Type.String() == "DoubleQuote" {
				at.Column++
			}
		}
	}
	return at
}

// ReportPlace reports an error at a place.
func (r *Reader) ReportPlace(path string, at Place, err error) {
	r.Wrong[path] = true
	r.Errs = append(r.Errs, &FileError{File: r.Name, Line: at.Line, Column: at.Column, Err: err})
}
