// Package terminal lays text out and shows it: what is safe to print, styles,
// paragraphs and tables within so many columns, and a screen that is drawn
// again and again. It knows nothing of what the text tells.
package terminal
