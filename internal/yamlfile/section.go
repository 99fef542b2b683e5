package config

import (
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

// section is a mapping whose keys were checked.
type section struct {
	path   string
	values map[string]ast.Node
}

// section reads a mapping. Where known keys are named it may have no others.
func (r *reader) section(path string, node ast.Node, known ...string) section {
	r.file.places[path] = r.placeOf(node)
	s := section{path: path, values: make(map[string]ast.Node)}
	r.collect(s, node, known, make(map[string]bool))
	return s
}

// collect adds the entries of a mapping to a section. own are the keys that the
// section itself has: what a merge key brings in does not replace them.
func (r *reader) collect(s section, node ast.Node, known []string, own map[string]bool) {
	mapping, ok := r.resolve(node).(ast.MapNode)
	if !ok {
		r.reportIn(s.path, node, fmt.Errorf("%s must be a mapping of keys and values", subject(s.path)))
		return
	}
	var merged []ast.Node
	for entries := mapping.MapRange(); entries.Next(); {
		key := entries.Key()
		if key.IsMergeKey() {
			merged = append(merged, entries.Value())
			continue
		}
		name, ok := scalar(key)
		switch {
		case !ok:
			r.reportAt(key, errors.New("a key must be plain text"))
		case own[name]:
			r.reportAt(key, fmt.Errorf("key %s is given twice", quote(name)))
		case len(known) > 0 && !slices.Contains(known, name):
			r.reportAt(key, fmt.Errorf("key %s is unknown; known here are %s", quote(name), strings.Join(known, ", ")))
		default:
			own[name] = true
			s.values[name] = entries.Value()
			r.file.places[join(s.path, name)] = r.placeOf(entries.Value())
		}
	}
	for _, node := range merged {
		r.merge(s, node, known)
	}
}

// merge adds what a merge key (<<) names, a mapping or a list of mappings.
func (r *reader) merge(s section, node ast.Node, known []string) {
	r.merges++
	r.depth++
	defer func() { r.depth-- }()
	if r.depth > maxDepth || r.merges > maxMerges {
		if !r.wrong[s.path] {
			r.reportIn(s.path, node, errors.New("the mappings merged here are too many or merge themselves"))
		}
		return
	}
	if list, ok := r.resolve(node).(*ast.SequenceNode); ok {
		for _, item := range list.Values {
			r.merge(s, item, known)
		}
		return
	}
	base := section{path: s.path, values: make(map[string]ast.Node)}
	places := r.file.places
	r.file.places = make(map[string]place)
	r.collect(base, node, known, make(map[string]bool))
	for name, value := range base.values {
		if _, found := s.values[name]; !found {
			s.values[name] = value
			places[join(s.path, name)] = r.file.places[join(s.path, name)]
		}
	}
	r.file.places = places
}

// list reads a list; a key that is absent is an empty one.
func (r *reader) list(s section, key string) []ast.Node {
	node, found := s.values[key]
	if !found {
		return nil
	}
	list, ok := r.resolve(node).(*ast.SequenceNode)
	if !ok {
		r.report(join(s.path, key), fmt.Errorf("%s must be a list; write %s: [] for none", key, key))
		return nil
	}
	return list.Values
}

// text reads a scalar as it is written, so that 007 stays 007.
func (r *reader) text(s section, key string) string {
	node, found := s.values[key]
	if !found {
		return ""
	}
	text, ok := scalar(r.resolve(node))
	switch {
	case !ok:
		r.report(join(s.path, key), fmt.Errorf("%s must be a single value", key))
	case text == "":
		r.report(join(s.path, key), fmt.Errorf("%s is empty; give it a value or leave it out", key))
	}
	return text
}

// lines reads a list of scalars.
func (r *reader) lines(s section, key string) []string {
	var lines []string
	at := join(s.path, key)
	for i, node := range r.list(s, key) {
		path := fmt.Sprintf("%s[%d]", at, i)
		r.file.places[path] = r.placeOf(node)
		text, ok := scalar(r.resolve(node))
		if !ok {
			r.report(path, fmt.Errorf("each of %s must be a single value", key))
		}
		lines = append(lines, text)
	}
	return lines
}

// texts reads a mapping of free keys to scalars.
func (r *reader) texts(s section, key string) map[string]string {
	node, found := s.values[key]
	if !found {
		return nil
	}
	inner := r.section(join(s.path, key), node)
	texts := make(map[string]string, len(inner.values))
	for name, value := range inner.values {
		text, ok := scalar(r.resolve(value))
		if !ok {
			r.report(join(inner.path, name), fmt.Errorf("%s %s must be a single value", key, quote(name)))
		}
		texts[name] = text
	}
	return texts
}

func (r *reader) reportIn(path string, node ast.Node, err error) {
	r.wrong[path] = true
	r.reportAt(node, err)
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

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// scalar returns the text of a scalar as it is written, without its quotes;
// empty for null. It takes no tag but !!str: all values are texts here.
func scalar(node ast.Node) (string, bool) {
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
			return scalar(n.Value)
		}
	}
	return "", false
}

// resolve follows anchors and aliases to what they stand for; nil where they
// lead in a circle.
func (r *reader) resolve(node ast.Node) ast.Node {
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
func (r *reader) findAnchors(body ast.Node) bool {
	r.anchors = make(map[string]ast.Node)
	for _, node := range ast.Filter(ast.AnchorType, body) {
		if anchor, ok := node.(*ast.AnchorNode); ok {
			name := anchor.Name.String()
			if r.anchors[name] != nil {
				r.reportAt(anchor, fmt.Errorf("anchor &%s is defined twice", name))
			}
			r.anchors[name] = anchor.Value
		}
	}
	for _, node := range ast.Filter(ast.AliasType, body) {
		if alias, ok := node.(*ast.AliasNode); ok && r.anchors[alias.Value.String()] == nil {
			r.reportAt(alias, fmt.Errorf("alias *%s has no anchor; define it as &%[1]s", alias.Value))
		}
	}
	return len(r.errs) == 0
}
