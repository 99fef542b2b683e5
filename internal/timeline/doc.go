// Package timeline draws as SVG when a run and its steps went on, how closely that is
// known, what was logged meanwhile, when somebody looked and when nobody could. Who shows
// it brings the style sheet.
package timeline
