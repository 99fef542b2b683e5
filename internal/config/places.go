package config

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// place is where something stands in a file, counted from 1.
type place struct{ line, column int }

// places knows where each path stands, such as "jobs[3].target.dataset_id".
type places map[string]place

// find returns the place of a path, or of the nearest thing around it that
// stands in the file.
func (p places) find(path string) place {
	for {
		if found, ok := p[path]; ok || path == "" {
			return found
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
}

func placeOf(node ast.Node) place {
	if mapping, ok := node.(*ast.MappingNode); ok && !mapping.IsFlowStyle && len(mapping.Values) > 0 {
		return placeOf(mapping.Values[0].Key) // the token of a mapping is its first colon
	}
	token := node.GetToken()
	if token == nil || token.Position == nil {
		return place{}
	}
	return place{line: token.Position.Line, column: token.Position.Column}
}
