"""Work that takes time: rows, moves, events, paid attempts and their reconciliation."""
