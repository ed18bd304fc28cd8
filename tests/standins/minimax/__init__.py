"""A strict MiniMax: what the vendor's documents refuse, it refuses; faults and delays on command."""
