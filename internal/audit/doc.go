// Package audit seals the journal in the transparency log, publishes its checkpoints,
// and checks what is stored against it. It joins ledger and store.
package audit
