"""The engine: what comes in becomes one transaction; what is due is gated, intended, sent and recorded."""
