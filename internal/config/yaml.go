package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// scalar returns the text of a scalar as it is written, without its quotes;
// empty for null. Tags other than !!str are refused: nothing here is typed.
func scalar(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return strings.TrimRight(n.Value.Value, "\n"), true // of a block, which one line never means
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

// findAnchors keeps what the anchors of a document stand for, and reports
// whether every alias has the one anchor that it needs.
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
