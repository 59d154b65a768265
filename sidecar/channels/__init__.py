"""Channels: how a touch leaves the house. One folder each; ``port`` is the one interface."""
